// Puts each service into one file, dist/bundle.js, beside what the compiler has written, and so each program of its
// threads. Node spends two thirds of a service's start on finding and reading some 1,700 small modules; out of one file
// it takes a third of the time.
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundleOf, servicesOf, threadsOf } from './bundle-paths.mjs';

/** CommonJS packages among them call `require`, which an ES module does not have. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * Puts a program into one file.
 *
 * @param {string} root the checkout, compiled
 * @param {{ entry: string, bundle: string, external?: string[], isSplit?: boolean }} program paths relative to the
 *   checkout, or absolute; what is external stays an import. Of one that is split, what it imports only sometimes is in
 *   files beside it.
 */
export const bundleProgram = (root, { entry, bundle, external = [], isSplit = false }) =>
  build({
    absWorkingDir: root,
    entryPoints: [entry],
    ...(isSplit ? { outdir: dirname(bundle), splitting: true } : { outfile: bundle }),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: REQUIRE },
    // For `NODE_OPTIONS=--enable-source-maps`: see DEVELOPMENT.md.
    sourcemap: 'linked',
    sourcesContent: false,
    // A native driver that pg uses when it is installed.
    external: ['pg-native', ...external],
    alias: { ssh2: join(root, 'scripts', 'no-ssh.cjs') },
    // Names and lines stay readable in stack traces and profiles.
    minify: false,
    legalComments: 'none',
    logLevel: 'warning',
  });

/** @param {string} root the checkout, compiled */
export async function bundleServices(root) {
  const services = servicesOf(root).map((service) => ({
    entry: join('services', service, 'dist', 'main.js'),
    bundle: bundleOf(service),
  }));
  await Promise.all([...services, ...threadsOf(root)].map((program) => bundleProgram(root, program)));
}
