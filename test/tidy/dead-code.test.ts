import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { filesWith, root } from './tree.js';

/** What knip reports for one file; every list but `file` is of one kind of issue. */
type FileIssues = { file: string } & Record<string, { name: string }[] | string>;

const knip = join(root, 'node_modules', 'knip', 'bin', 'knip.js');

/** Runs knip with knip.json and returns its issues as `kind file: name`. */
async function issuesOf(...flags: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [knip, '--reporter=json', '--no-progress', '--include-entry-exports', ...flags],
    { cwd: root, reject: false },
  );
  // 0: no issue; 1: issues. Anything else is a failure of knip itself.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`knip failed: ${stderr}`);
  const { issues } = JSON.parse(stdout) as { issues: FileIssues[] };
  return issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, found]) =>
      Array.isArray(found) ? found.map(({ name }) => `${kind} ${file}: ${name}`) : [],
    ),
  );
}

describe('dead code', () => {
  it('has no file, export or dependency that is not used, and uses no dependency that is not declared', async () => {
    expect(await issuesOf()).toEqual([]);
  });

  it('has no file in src that only tests use', async () => {
    const issues = await issuesOf('--production', '--include=files');
    expect(issues.filter((issue) => !issue.startsWith('files packages/test-kit/'))).toEqual([]);
  });

  it('has narrow doors: no package exports whatever a file of it exports', () => {
    const wide = filesWith('/src/index.ts').filter(({ text }) => /^export \*/m.test(text));
    expect(wide.map(({ path }) => path)).toEqual([]);
  });
});
