import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { streams } from '@everynode/contract';
import { describe, expect, it } from 'vitest';
import { commentLines, filesWith, paths, root } from './tree.js';

const documents = filesWith('.md');
const sources = filesWith('.ts', '.mjs');
const baseNames = new Set(paths.map((path) => path.slice(path.lastIndexOf('/') + 1)));
const folders = new Set(paths.flatMap((path) => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))));
const known = new Set([...paths, ...folders]);

/** Made by a build or a run, so named in documents and absent from a clone. */
const MADE = /(^|\/)(dist|node_modules|\.everynode)(\/|$)/;
/** Names for a file that the reader has, in examples. */
const EXAMPLES = /^(with-[a-z-]+|my-[a-z-]+|scenario|dump|new-ds|daemonset|results?|report|FILE)\.(yaml|json|ts)$/;

/** Paths that a text names: those below one of the top folders, and bare names of source files and documents. */
function namedPaths(text: string): string[] {
  const below = text.match(/(?<![\w/.@-])(?:packages|services|test|docs|scripts|deploy|examples)\/[\w./-]*\w/g) ?? [];
  const bare = text.match(/(?<![\w/.*{}<>$-])[\w-]+(?:\.[\w-]+)*\.(?:ts|mjs|cjs|md)(?![\w/])/g) ?? [];
  return [...below, ...bare];
}

function exists(name: string, from: string): boolean {
  if (MADE.test(name) || EXAMPLES.test(name)) return true;
  if (!name.includes('/')) return baseNames.has(name);
  const here = normalize(join(dirname(from), name));
  const inWorkspace = normalize(join(from.split('/').slice(0, 2).join('/'), name));
  // `docs/decisions/0006` stands for the decision of that number, `x/y` for `x/y.ts`.
  return [name, here, inWorkspace].some(
    (path) => known.has(path) || paths.some((known) => known.startsWith(`${path}.`) || known.startsWith(`${path}-`)),
  );
}

describe('what documents and comments say about the tree', () => {
  it('names only paths that exist, in documents', () => {
    const missing = documents
      .filter(({ path }) => path !== 'CHANGELOG.md')
      .flatMap(({ path, text }) =>
        namedPaths(text)
          .filter((name) => !exists(name, path))
          .map((name) => `${path}: ${name}`),
      );
    expect(missing).toEqual([]);
  });

  it('links only to files that exist', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('names only paths that exist, in comments', () => {
    const missing = sources.flatMap((file) =>
      commentLines(file)
        // A source line names a file of upstream.
        .filter(({ text }) => !/Source|upstream|kubernetes\/kubernetes/i.test(text))
        .flatMap(({ number, text }) =>
          namedPaths(text)
            .filter((name) => !exists(name, file.path))
            .map((name) => `${file.path}:${number}: ${name}`),
        ),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/settings.md', () => {
  const SETTING =
    '(?:EVERYNODE_[A-Z_]+|DATABASE_URL|NATS_[A-Z]+|[A-Z]+_(?:IMAGE|UID)|KUBECTL|TEST_LOG_LEVEL|OTEL_[A-Z_]+)';
  /** Every form in which a setting is read. */
  const FORMS = [
    // A key of a service's typebox schema.
    `\\b(${SETTING}): Type\\.`,
    // The environment, read by name or by destructuring.
    `\\benv\\??\\.(${SETTING})\\b`,
    `[{,] (${SETTING}): \\w+[^;]*= process\\.env`,
    // The name in a constant.
    `const \\w+ = '(${SETTING})'`,
    // A variable of the compose file.
    `\\$\\{(${SETTING}):-`,
  ].map((form) => new RegExp(form, 'g'));
  const readers = [...sources, ...filesWith('.yml')].filter(
    ({ path }) =>
      !/\.test\.ts$|^test\/tidy\/|^packages\/contract\//.test(path) || /^test\/(session|faults)\//.test(path),
  );
  const read = new Set(
    readers.flatMap(({ text }) => FORMS.flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name))),
  );
  // Their names look like settings.
  for (const { name } of Object.values(streams)) read.delete(name);
  const table = documents.find(({ path }) => path === 'docs/settings.md')?.text ?? '';
  const documented = new Set(
    [...table.matchAll(new RegExp(`^\\| \`(${SETTING})\``, 'gm'))].map(([, name = '']) => name),
  );

  it('has a row for every setting that the code reads', () => {
    expect(read.size).toBeGreaterThan(25);
    expect([...read].filter((name) => !documented.has(name)).sort()).toEqual([]);
  });

  it('has no row for a setting that nothing reads', () => {
    expect([...documented].filter((name) => !read.has(name)).sort()).toEqual([]);
  });
});

describe('every package and service', () => {
  it('has a README', () => {
    const workspaces = paths.filter((path) => /^(packages|services)\/[^/]+\/package\.json$/.test(path)).map(dirname);
    expect(workspaces.length).toBeGreaterThan(15);
    expect(workspaces.filter((workspace) => !known.has(`${workspace}/README.md`))).toEqual([]);
  });

  it('stands in the table of the README', () => {
    const readme = documents.find(({ path }) => path === 'README.md')?.text ?? '';
    const workspaces = paths.filter((path) => /^(packages|services)\/[^/]+\/package\.json$/.test(path)).map(dirname);
    expect(workspaces.filter((workspace) => !readme.includes(`\`${workspace}\``))).toEqual([]);
  });
});
