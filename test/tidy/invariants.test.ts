import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const ROW = /^\| (\d+) +\| `([^`]+)` +\| (.+?) +\|$/gm;

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const rows = [...read('docs/architecture.md').matchAll(ROW)].map(([, invariant, file, name]) => ({
  invariant: Number(invariant),
  file: file ?? '',
  name: name ?? '',
}));

describe('the table of invariants in docs/architecture.md', () => {
  it('has a test for every invariant', () => {
    expect([...new Set(rows.map(({ invariant }) => invariant))].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('names tests, and no template of a name', () => {
    expect(rows.filter(({ name }) => name.includes('$'))).toEqual([]);
  });

  it('names tests that exist', () => {
    const missing = rows.filter(({ file, name }) => !read(file).includes(`'${name}'`));
    expect(missing).toEqual([]);
  });
});
