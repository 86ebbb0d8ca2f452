import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** With all that it needs in one file, and where the C library has no such form, without. */
const COMPILES = [
  ['-O2', '-static', '-s'],
  ['-O2', '-s'],
];

/** The folder of this package, also for a program that was bundled. */
function nativeFolder(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@everynode/container-shim/package.json');
    return join(dirname(manifest), 'native');
  } catch {
    return undefined;
  }
}

/**
 * The path of the shim: the one that is named, the one that was compiled for this kind of machine at the release, or
 * one that is compiled now and kept in `cache`.
 * @throws Error that says what to do where there is none, and none can be made.
 */
export function findShim({ named, cache }: { named: string | undefined; cache: string }): string {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`there is no shim at ${named}`);
    return named;
  }
  const native = nativeFolder();
  const released = native && join(native, `everynode-shim-${process.arch}`);
  if (released && existsSync(released)) return released;
  const source = native && join(native, 'everynode-shim.c');
  if (!source || !existsSync(source)) {
    throw new Error(`this installation has no shim for ${process.arch}: name one with EVERYNODE_SHIM`);
  }
  return compiled(source, cache);
}

function compiled(source: string, cache: string): string {
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const path = join(cache, `everynode-shim-${version}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  let fault = '';
  for (const options of COMPILES) {
    const { status, stderr, error } = spawnSync('cc', ['-std=gnu11', ...options, '-o', unfinished, source]);
    if (status === 0) {
      renameSync(unfinished, path);
      return path;
    }
    fault = error?.message ?? String(stderr);
  }
  throw new Error(`the shim could not be compiled; install a C compiler, or name one with EVERYNODE_SHIM: ${fault}`);
}
