import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const ROW = /^\| (.+?) +\| `([^`]+\.test\.ts)` +\| (.+?) +\|$/;
/** What was tried on the first version, and broke it. */
const TRIED = ['C1', 'C2', 'C3', 'C4', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'M', 'L'];

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

describe('the table of threats in docs/security.md', () => {
  const [, section = ''] = read('docs/security.md').split(/^## Threats.*$/m);
  const lines = (section.split(/^## /m)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  const rows = lines.map((line) => {
    const [, threat = '', file = '', name = ''] = ROW.exec(line) ?? [];
    return { threat: threat || line, file, name };
  });

  it('has a row for each threat that was tried', () => {
    const text = rows.map(({ threat }) => threat).join('\n');
    expect(rows.length).toBeGreaterThan(60);
    expect(TRIED.filter((tried) => !text.includes(`(${tried})`))).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = rows.filter(({ file, name }) => file === '' || !read(file).includes(`'${name}'`));
    expect(missing).toEqual([]);
  });
});
