import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const ROW = /^\| (.+?) +\| `([^`]+\.test\.ts)` +\| (.+?) +\|$/gm;

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

describe('the table of threats in docs/security.md', () => {
  const rows = [...read('docs/security.md').matchAll(ROW)].map(([, threat = '', file = '', name = '']) => ({
    threat,
    file,
    name,
  }));

  it('has a row for each threat that was tried', () => {
    const text = rows.map(({ threat }) => threat).join('\n');
    expect(['(C4)', '(H4)', '(H6)'].filter((tried) => !text.includes(tried))).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = rows.filter(({ file, name }) => !read(file).includes(`'${name}'`));
    expect(missing).toEqual([]);
  });
});
