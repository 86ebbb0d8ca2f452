import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { randomSecret, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { handOver } from '../process/guarded-process.js';
import type { PostgresAccess } from './postgres-access.js';
import type { SystemUser } from './unprivileged-user.js';

/** The superuser and the database. */
export const NAME = 'everynode';
export const ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The data of the server whose directory is `dir`. */
export const dataIn = (dir: string) => join(dir, 'data');

/** The major version of the server that made the data; undefined when there is no data. */
export async function dataVersion(dir: string): Promise<number | undefined> {
  const text = await readIfPresent(join(dataIn(dir), 'PG_VERSION'));
  return text === undefined ? undefined : Number(text.trim());
}

/** The superuser's password, or that of another role by the name of its file. It is made at the first call. */
export async function ensurePassword(dir: string, name = 'password'): Promise<string> {
  const file = join(dir, name);
  const known = (await readIfPresent(file))?.trim();
  if (known !== undefined) return known;
  const password = randomSecret();
  await writeSecretFile(file, password);
  return password;
}

/** Makes a user the owner of a tree. A folder that it owns already is left as it is. */
async function chownTree(owner: SystemUser, path: string): Promise<void> {
  if ((await stat(path)).uid === owner.uid) return;
  await chown(path, owner.uid, owner.gid);
  if ((await stat(path)).isDirectory()) {
    for (const entry of await readdir(path)) await chownTree(owner, join(path, entry));
  }
}

/** Makes the user that runs Postgres the owner of the directory, its data and the password. */
export async function chownToUser(dir: string, { user }: PostgresAccess): Promise<void> {
  if (user === undefined) return;
  await chownTree(user, dir);
  // It may be newer than the directory.
  await chownTree(user, join(dir, 'password'));
}

/**
 * Runs one of the programs to its end, with `input` as its standard input.
 * @throws Error with its output when it fails.
 */
async function run({ binaries, user, directory }: PostgresAccess, program: string, args: string[], input = '') {
  // Not by execa, which hands no descriptors over.
  const child = spawn(join(binaries.bin, program), args, {
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe', ...handOver(directory?.fd)],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => output.push(bytes));
  // A program that ends without reading its input reports why in its output.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) {
    throw new Error(
      `${program} failed (${signal ?? `exit code ${code}`}):\n${Buffer.concat(output).toString().trim()}`,
    );
  }
}

/** Makes the data beside its place and moves it in when it is whole, so that an interrupted start leaves no half. */
export async function initialise(dir: string, access: PostgresAccess): Promise<void> {
  const draft = 'data.draft';
  await rm(join(dir, draft), { recursive: true, force: true });
  await run(access, 'initdb', [
    `--pgdata=${join(access.dir, draft)}`,
    `--username=${NAME}`,
    '--auth=scram-sha-256',
    `--pwfile=${join(access.dir, 'password')}`,
    '--encoding=UTF8',
    // Byte order, as Kubernetes sorts names.
    '--locale=C',
  ]);
  const single = ['--single', '-D', join(access.dir, draft), 'postgres'];
  await run(access, 'postgres', single, `CREATE DATABASE ${NAME};\n`);
  await rename(join(dir, draft), dataIn(dir));
}
