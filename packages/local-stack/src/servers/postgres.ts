import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../process/free-port.js';
import { type GuardedProcess, handOver, startGuarded } from '../process/guarded-process.js';
import { commandOf, stopStaleProcess } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { lastLines, sizeOf } from '../state/last-lines.js';
import { randomSecret, readIfPresent, writeSecretFile } from '../state/private-files.js';
import { type PostgresAccess, postgresAccess } from './postgres-access.js';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.js';
import type { SystemUser } from './unprivileged-user.js';

const NAME = 'everynode';
/** Recovery after a crash may replay up to `max_wal_size`. */
const START_DEADLINE_MS = 120_000;
const STOP_GRACE_MS = 20_000;
/** A port that was taken since it was found free; sessions of a killed server that have not noticed yet. */
const PASSING_TROUBLE = /Address already in use|pre-existing shared memory block/;
const START_ATTEMPTS = 20;
const ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  fsync: 'on',
  synchronous_commit: 'on',
  logging_collector: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

export interface PostgresOptions {
  /** Holds the data, the password and the log. Made when missing; kept between runs. */
  dir: string;
  /** Hears, in a few words, what is going on. */
  log?: (message: string) => void;
  /** Default: `postgres.log` in `dir`. */
  logFile?: string;
  /** A port to insist on; without it a free one is taken. */
  port?: number;
  /** More server settings, or other values. */
  settings?: Record<string, string>;
  /** The programs to run; without them {@link findPostgres} decides. */
  binaries?: PostgresBinaries;
}

export interface RunningPostgres {
  /**
   * With user and password; by the Unix socket where there is one, whose trips cost half of what those by loopback do. Host and
   * port say where it answers besides. The user is a superuser, so tests may create databases.
   */
  url: string;
  port: number;
  version: string;
  /** Of the postmaster. */
  pid: number;
  /** Resolves when the server has ended, asked to or not. */
  exited: Promise<number>;
  /** Fast shutdown: open sessions are cut, committed work is on disk. */
  stop(): Promise<void>;
}

/** The address of a Unix socket is 104 bytes on the tightest systems, with a zero at its end (`sun_path`). */
const LONGEST_SOCKET_PATH = 103;

const dataIn = (dir: string) => join(dir, 'data');

/**
 * A setting that only marks the server's command line, by which it is known again. The path of the data does not do: it may
 * be another one for the server.
 */
const markerOf = (dir: string) => `${NAME}.directory=${resolve(dir)}`;

/** Where the socket goes; undefined where its path would be too long. */
function socketDirectory(dir: string): string | undefined {
  return Buffer.byteLength(join(dir, '.s.PGSQL.65535')) <= LONGEST_SOCKET_PATH ? dir : undefined;
}

/** Ends a server that a killed run left on this data, and removes a pid file that points to nobody. */
export async function stopLeftoverPostgres(dir: string): Promise<void> {
  const pidFile = join(dataIn(dir), 'postmaster.pid');
  const text = await readIfPresent(pidFile);
  const pid = Number(text?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  await stopStaleProcess({ pid, marker: markerOf(dir), signal: 'SIGINT', graceMs: STOP_GRACE_MS });
  // A pid that was reused by another program would make Postgres refuse to start.
  if ((await commandOf(pid)) !== undefined) await rm(pidFile, { force: true });
}

async function giveTo(owner: SystemUser, path: string): Promise<void> {
  if ((await stat(path)).uid === owner.uid) return;
  await chown(path, owner.uid, owner.gid);
  if ((await stat(path)).isDirectory()) {
    for (const entry of await readdir(path)) await giveTo(owner, join(path, entry));
  }
}

/** Runs one of the programs to its end, with `input` as its standard input. Rejects with its output when it fails. */
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

/** Makes the cluster beside its place and moves it in when it is whole, so that an interrupted start leaves no half. */
async function initialise(dir: string, access: PostgresAccess) {
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

/**
 * Ready when the postmaster says so in its pid file, line 8 (`storage/pidfile.h`), as `pg_ctl -w` reads it.
 * The file of a killed server may still be there, so its process has to be alive.
 */
async function readyPid(dir: string): Promise<number | undefined> {
  const lines = (await readIfPresent(join(dataIn(dir), 'postmaster.pid')))?.split('\n');
  if (lines?.[7]?.trim() !== 'ready') return undefined;
  const pid = Number(lines[0]);
  return (await commandOf(pid))?.includes(markerOf(dir)) ? pid : undefined;
}

/** One attempt to start the server on a port. */
async function launch(
  { dir, logFile = join(dir, 'postgres.log'), settings: wanted = {} }: PostgresOptions,
  { binaries, user, directory, ...seen }: PostgresAccess,
  password: string,
  port: number,
): Promise<RunningPostgres> {
  const sockets = socketDirectory(resolve(dir));
  const settings = {
    ...SETTINGS,
    unix_socket_directories: sockets === undefined ? '' : seen.dir,
    ...wanted,
    port: String(port),
  };
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const logStart = await sizeOf(logFile);
  const server: GuardedProcess = startGuarded({
    command: join(binaries.bin, 'postgres'),
    args: ['-D', dataIn(seen.dir), ...[markerOf(dir), ...words].flatMap((word) => ['-c', word])],
    logFile,
    env: ENVIRONMENT,
    stopSignal: 'SIGINT',
    ...(directory === undefined ? {} : { directory: directory.fd }),
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  const pid = await waitUntil(
    async () => {
      if (!server.running) throw new Error(`PostgreSQL did not start:\n${await lastLines(logFile, 12, logStart)}`);
      return readyPid(dir);
    },
    { what: `PostgreSQL (log: ${logFile})`, deadlineMs: START_DEADLINE_MS },
  ).catch(async (error: unknown) => {
    await server.stop(STOP_GRACE_MS);
    throw error;
  });
  const host = sockets === undefined ? '' : `?host=${encodeURIComponent(sockets)}`;
  return {
    url: `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}${host}`,
    port,
    version: binaries.version,
    pid,
    exited: server.exited,
    stop: () => server.stop(STOP_GRACE_MS),
  };
}

/**
 * Starts a real PostgreSQL server on a free loopback port, with a password and durable commits. It ends with this
 * process at the latest. Data of an earlier run, killed or not, is there again.
 * Throws with the end of the server's log when it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dir, log = () => undefined } = options;
  const passwordFile = join(dir, 'password');

  await mkdir(dir, { recursive: true, mode: 0o700 });
  const madeBy = (await readIfPresent(join(dataIn(dir), 'PG_VERSION')))?.trim();
  const found = options.binaries ?? (await findPostgres(madeBy === undefined ? undefined : Number(madeBy)));
  const access = await postgresAccess(resolve(dir), found);
  try {
    await chmod(dir, 0o700);
    await stopLeftoverPostgres(dir);
    // No server serves this data now, and a socket's lock file with a pid that was reused would keep Postgres from starting.
    for (const entry of await readdir(dir))
      if (entry.startsWith('.s.PGSQL.')) await rm(join(dir, entry), { force: true });

    if ((await readIfPresent(passwordFile)) === undefined) await writeSecretFile(passwordFile, randomSecret());
    if (access.user !== undefined) {
      await giveTo(access.user, dir);
      await giveTo(access.user, passwordFile);
    }
    if (madeBy === undefined) {
      log(`initialising PostgreSQL ${access.binaries.version}`);
      await initialise(dir, access);
    }
    const password = (await readIfPresent(passwordFile))?.trim() ?? '';
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await launch(options, access, password, options.port ?? (await freePort()));
      } catch (error) {
        if (attempt === START_ATTEMPTS || !PASSING_TROUBLE.test(String(error))) throw error;
        log('PostgreSQL did not start, trying again');
        await delay(250);
      }
    }
  } finally {
    await access.directory?.close();
  }
}

/** Removes all data of a server that is not running. */
export async function dropPostgresData(dir: string): Promise<void> {
  await stopLeftoverPostgres(dir);
  await rm(dir, { recursive: true, force: true });
}
