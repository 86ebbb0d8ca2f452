// node scripts/release.mjs FOLDER: writes what runs in the images, and in the npm package, into a folder, out of a
// checkout that is built. Each program is one file, or one with others beside it, at the place that it has in the
// checkout, so nothing of node_modules is needed but two folders.
import { spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from './bundle.mjs';
import { bundleOf, servicesOf, threadsOf } from './bundle-paths.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Usage: node scripts/release.mjs FOLDER\n');
  process.exit(1);
}
const release = resolve(folder);
await mkdir(release, { recursive: true });

/** Programs that the build leaves in many files. The agent's start imports its bundle when it has a credential. */
const programs = [
  {
    entry: join('packages', 'cli', 'dist', 'main.js'),
    bundle: join(release, 'packages', 'cli', 'dist', 'main.js'),
    isSplit: true,
  },
  {
    entry: join('deploy', 'start-agent.mjs'),
    bundle: join(release, 'start-agent.mjs'),
    external: ['/app/services/node-agent/dist/bundle.js'],
  },
];
await Promise.all(programs.map((program) => bundleProgram(root, program)));

const built = [...servicesOf(root).map(bundleOf), ...threadsOf(root).map(({ bundle }) => bundle)];
/** The texts that OpenAPI documents show are read by the name of their package. */
const openapi = join('packages', 'openapi');
const texts = join('node_modules', '@everynode', 'openapi');
/** The shim of real pods, which is found in the same way. */
const shim = join('packages', 'container-shim');
const shimFolder = join('node_modules', '@everynode', 'container-shim');
const copies = [
  ...['package.json', 'native'].map((path) => [join(shim, path), join(shimFolder, path)]),
  ['examples', 'examples'],
  [join('deploy', 'everynode-agent.service'), join('deploy', 'everynode-agent.service')],
  ...['package.json', 'LICENSE'].map((path) => [path, path]),
  ...built.flatMap((path) => [path, `${path}.map`].map((file) => [file, file])),
  ...['package.json', 'descriptions.json'].map((file) => [join(openapi, file), join(texts, file)]),
  [join('deploy', 'healthcheck.mjs'), 'healthcheck.mjs'],
];
await Promise.all(copies.map(([from, to]) => cp(join(root, from), join(release, to), { recursive: true })));

// For the kind of machine that this one is, and others that it has a compiler for; elsewhere an agent compiles its own.
const compilers = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };
const native = join(release, shimFolder, 'native');
for (const [arch, compiler] of Object.entries(compilers)) {
  const options = ['-std=gnu11', '-O2', '-static', '-s', '-o', join(native, `everynode-shim-${arch}`)];
  const { status, stderr, error } = spawnSync(compiler, [...options, join(native, 'everynode-shim.c')]);
  if (status !== 0 && error?.code !== 'ENOENT') throw error ?? new Error(String(stderr));
}
