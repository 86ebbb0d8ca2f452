import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));

const CLI = `declare const process: { stdout: { write(text: string): void } };
process.stdout.write('the answer\\n');
`;

/** The scripts of this repository around a checkout of two small packages, with the real compiler. */
describe('scripts/bootstrap.mjs', () => {
  let root: string;
  const write = async (path: string, content: string | object) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const pack = async (name: string, scripts: Record<string, string>, files: string[]) => {
    await write(`packages/${name}/package.json`, { name: `@everynode/${name}`, type: 'module', scripts, files });
    await write(`packages/${name}/tsconfig.json`, {
      compilerOptions: {
        rootDir: 'src',
        outDir: 'dist',
        tsBuildInfoFile: 'dist/.tsbuildinfo',
        composite: true,
        types: [],
      },
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts'],
    });
  };
  /** Runs a command of the command line, and returns what it wrote to each stream. */
  const status = async () => {
    const { stdout, stderr } = await execa('node', ['scripts/bootstrap.mjs', 'run', 'status'], { cwd: root });
    return { stdout, stderr };
  };
  const BUILT = { stdout: 'the answer', stderr: 'Building …' };
  const UNCHANGED = { stdout: 'the answer', stderr: '' };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-bootstrap-'));
    await cp(join(repository, 'scripts'), join(root, 'scripts'), { recursive: true });
    await write('package.json', {
      name: 'checkout',
      type: 'module',
      workspaces: ['packages/*'],
      scripts: { build: 'node scripts/build.mjs' },
    });
    await write('tsconfig.json', { files: [], references: [{ path: 'packages/cli' }, { path: 'packages/openapi' }] });
    await pack('cli', {}, ['dist']);
    await write('packages/cli/src/main.ts', CLI);
    await write('packages/cli/src/other.ts', 'export const one = 1;\n');
    await pack('openapi', { generate: 'node scripts/generate.mjs' }, ['dist', 'descriptions.json']);
    await write('packages/openapi/src/index.ts', 'export const two = 2;\n');
    await write(
      'packages/openapi/scripts/generate.mjs',
      "import { writeFileSync } from 'node:fs';\nwriteFileSync('descriptions.json', String(Date.now()));\n",
    );
    await write('services/one/dist/main.js', 'export {};\n');
    // As after an installation: compiler and bundler are there, and the lockfile is the one that was installed.
    await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
    for (const tool of ['.bin/tsc', 'esbuild']) {
      await symlink(join(repository, 'node_modules', tool), join(root, 'node_modules', tool));
    }
    await write('package-lock.json', '{}');
    await write('node_modules/.everynode-lock', createHash('sha256').update('{}').digest('hex'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  it('builds a fresh checkout once, before the answer and on the other stream', async () => {
    expect(await status()).toEqual(BUILT);
    expect(await status()).toEqual(UNCHANGED);
  });

  it('builds again after each change of a source, deletions and renames included, and once only', async () => {
    await status();
    const changes: Record<string, () => Promise<void>> = {
      'a changed file': () => appendFile(join(root, 'packages/cli/src/other.ts'), '// more\n'),
      'a new file': () => write('packages/cli/src/new.ts', 'export const three = 3;\n'),
      'a renamed file': () => rename(join(root, 'packages/cli/src/new.ts'), join(root, 'packages/cli/src/renamed.ts')),
      'a deleted file': () => rm(join(root, 'packages/cli/src/renamed.ts')),
      'a file with an old date': async () => {
        await write('packages/cli/src/other.ts', 'export const four = 4;\n');
        await utimes(join(root, 'packages/cli/src/other.ts'), 0, 0);
      },
      'another generator': () => appendFile(join(root, 'packages/openapi/scripts/generate.mjs'), '// more\n'),
      'a missing output': () => rm(join(root, 'packages/openapi/descriptions.json')),
      'a missing bundle of a service': () => rm(join(root, 'services/one/dist/bundle.js')),
      'missing compiled code': () => rm(join(root, 'packages/openapi/dist'), { recursive: true }),
    };
    for (const [name, change] of Object.entries(changes)) {
      await change();
      expect(await status(), name).toEqual(BUILT);
      expect(await status(), `after ${name}`).toEqual(UNCHANGED);
    }
  });

  it('does not build for what no build reads', async () => {
    await status();
    await write('packages/cli/src/some.test.ts', 'export {};\n');
    await write('packages/cli/README.md', 'words\n');
    await utimes(join(root, 'packages/cli/src/main.ts'), new Date(), new Date());
    expect(await status()).toEqual(UNCHANGED);
  });

  it('finds a build by hand done', async () => {
    await execa('npm', ['run', 'build', '--silent'], { cwd: root });
    expect(await status()).toEqual(UNCHANGED);
  });

  it('does not take a failed build for a build, not even when its cause is gone', async () => {
    await status();
    await write('packages/cli/src/main.ts', `${CLI}const wrong: string = 1;\n`);
    await expect(status()).rejects.toThrow(/not assignable to type 'string'/);
    await write('packages/cli/src/main.ts', CLI);
    expect(await status()).toEqual(BUILT);
  });

  it('builds again when the compiler has run since on other sources', async () => {
    await status();
    const before = await readFile(join(root, 'packages/cli/src/other.ts'), 'utf8');
    await write('packages/cli/src/other.ts', "export const one = 'one';\n");
    await execa(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: root });
    await write('packages/cli/src/other.ts', before);
    expect(await status()).toEqual(BUILT);
  });
});
