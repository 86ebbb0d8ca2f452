import { readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readIfPresent } from '@everynode/service-shell/private-files';
import { childrenOf } from '../process/descendants.js';
import { startGuarded } from '../process/guarded-process.js';
import type { LivenessAnswer } from '../process/liveness.js';
import { commandOf, sendSignal, stopStaleProcess } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { lastLines, sizeOf } from '../state/log-files.js';
import type { PostgresAccess } from './postgres-access.js';
import { dataIn, ENVIRONMENT, NAME } from './postgres-data.js';
import { postgresProbe } from './postgres-probe.js';

/** Recovery after a crash may replay up to `max_wal_size`. */
const START_DEADLINE_MS = 120_000;
const STOP_GRACE_MS = 20_000;
/** The address of a Unix socket is 104 bytes on the tightest systems, with a zero at its end (`sun_path`). */
const MAX_SOCKET_PATH = 103;

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

export interface RunningPostgres {
  /**
   * With user and password; by the Unix socket where there is one, whose trips cost half of what those by loopback do.
   * Host and port are where it answers besides. The user is a superuser, so tests may create databases.
   */
  url: string;
  port: number;
  version: string;
  /** Of the postmaster. */
  pid: number;
  /** Resolves when the server has ended, whether it was asked to or not. */
  exited: Promise<number>;
  /** Whether it answers; never rejects. */
  probe(): Promise<LivenessAnswer>;
  /**
   * Ends all its processes at once: stopped ones too, which would keep the next server from the shared memory. What was
   * committed is recovered by the next start.
   */
  kill(): Promise<void>;
  /** Fast shutdown: open sessions are cut, committed work is on disk. */
  stop(): Promise<void>;
}

/**
 * A setting that only marks the server's command line, by which it is known again. The path of the data does not do:
 * the server may reach it by another path.
 */
const markerOf = (dir: string) => `${NAME}.directory=${resolve(dir)}`;

/** Whether a socket in this directory has a path that clients can use. */
function mayHoldSocket(dir: string): boolean {
  return Buffer.byteLength(join(dir, '.s.PGSQL.65535')) <= MAX_SOCKET_PATH;
}

/**
 * Ends a server that a killed run left on this data. Then what would keep the next one from starting is removed: a pid
 * file whose pid another program has by now. It stays where that program may be a Postgres on this data that some other
 * program has started; then the next one refuses to start.
 */
export async function stopLeftoverPostgres(dir: string): Promise<void> {
  const pidFile = join(dataIn(dir), 'postmaster.pid');
  const pid = Number((await readIfPresent(pidFile))?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  // Earlier versions of this program did not mark the server; it has the path of the data in its command line.
  for (const marker of [markerOf(dir), `-D ${dataIn(resolve(dir))}`]) {
    await stopStaleProcess({ pid, marker, signal: 'SIGINT', graceMs: STOP_GRACE_MS });
  }
  if (await isOtherProgram(pid, dataIn(dir))) await rm(pidFile, { force: true });
}

/** Whether a live process is certainly no Postgres on this data: each process of a server works in its data. */
async function isOtherProgram(pid: number, data: string): Promise<boolean> {
  const command = await commandOf(pid);
  if (command === undefined) return false;
  if (!command.includes('postgres')) return true;
  if (process.platform !== 'linux') return false;
  const [directory, wanted] = await Promise.all([readlink(`/proc/${pid}/cwd`), realpath(data)]).catch(() => []);
  return directory !== undefined && directory !== wanted;
}

/** Removes sockets and their lock files of a server that does not run. */
export async function removeSockets(dir: string): Promise<void> {
  for (const entry of await readdir(dir)) {
    if (entry.startsWith('.s.PGSQL.')) await rm(join(dir, entry), { force: true });
  }
}

/**
 * The postmaster's pid when it is ready, which line 8 of its pid file reports (`storage/pidfile.h`), as `pg_ctl -w`
 * reads it. The file of a killed server may still be there, so its process has to be alive.
 */
async function readyPid(dir: string): Promise<number | undefined> {
  const lines = (await readIfPresent(join(dataIn(dir), 'postmaster.pid')))?.split('\n');
  if (lines?.[7]?.trim() !== 'ready') return undefined;
  const pid = Number(lines[0]);
  return (await commandOf(pid))?.includes(markerOf(dir)) ? pid : undefined;
}

export interface PostgresLaunch {
  dir: string;
  access: PostgresAccess;
  password: string;
  logFile: string;
  port: number;
  settings: Record<string, string>;
}

/**
 * Starts the server once, on data that is there.
 * @throws Error with the end of the server's log when it does not become ready.
 */
export async function launchPostgres(launch: PostgresLaunch): Promise<RunningPostgres> {
  const { access, logFile, password, port } = launch;
  const dir = resolve(launch.dir);
  const hasSocket = mayHoldSocket(dir);
  const settings = {
    ...SETTINGS,
    unix_socket_directories: hasSocket ? access.dir : '',
    ...launch.settings,
    port: String(port),
  };
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const logStart = await sizeOf(logFile);
  const server = startGuarded({
    command: join(access.binaries.bin, 'postgres'),
    args: ['-D', dataIn(access.dir), ...[markerOf(dir), ...words].flatMap((word) => ['-c', word])],
    logFile,
    env: ENVIRONMENT,
    stopSignal: 'SIGINT',
    ...(access.directory === undefined ? {} : { directory: access.directory.fd }),
    ...(access.user === undefined ? {} : { uid: access.user.uid, gid: access.user.gid }),
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
  const host = hasSocket ? `?host=${encodeURIComponent(dir)}` : '';
  const url = `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}${host}`;
  return {
    url,
    port,
    version: access.binaries.version,
    pid,
    exited: server.exited,
    probe: postgresProbe(url),
    kill: async () => {
      // A postmaster that goes on would start more of them.
      sendSignal(pid, 'SIGSTOP');
      const children = await childrenOf(pid);
      for (const one of [pid, ...children]) sendSignal(one, 'SIGKILL');
      await server.exited;
    },
    stop: () => server.stop(STOP_GRACE_MS),
  };
}
