import { chmod, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../process/free-port.js';
import { postgresAccess } from './postgres-access.js';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.js';
import { chownToUser, dataVersion, ensurePassword, initialise } from './postgres-data.js';
import { launchPostgres, type RunningPostgres, removeSockets, stopLeftoverPostgres } from './postgres-process.js';

/**
 * Another program has taken the port since it was found free; sessions of a killed server have not noticed its end yet.
 */
const TRANSIENT_FAILURE = /Address already in use|pre-existing shared memory block/;
const START_ATTEMPTS = 20;
const RETRY_MS = 250;

export interface PostgresOptions {
  /** Holds the data, the password and the log. Made when missing; kept between runs. */
  dir: string;
  /** Receives, in a few words, what is being done. */
  log?: (message: string) => void;
  /** Default: `postgres.log` in `dir`. */
  logFile?: string;
  /** The server listens on this port; without it on a free one. */
  port?: number;
  /** More server settings, or other values. */
  settings?: Record<string, string>;
  /** The programs to run; without them {@link findPostgres} decides. */
  binaries?: PostgresBinaries;
}

/**
 * Starts a real PostgreSQL server on a free loopback port, with a password and durable commits. It ends with this
 * process at the latest. Data of an earlier run, killed or not, is there again.
 * @throws Error with the end of the server's log when it does not start, or with advice when there is nothing to run.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dir, log = () => undefined, logFile = join(dir, 'postgres.log'), settings = {} } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const madeBy = await dataVersion(dir);
  const access = await postgresAccess(resolve(dir), options.binaries ?? (await findPostgres(madeBy)));
  try {
    await chmod(dir, 0o700);
    await stopLeftoverPostgres(dir);
    await removeSockets(dir);
    const password = await ensurePassword(dir);
    await chownToUser(dir, access);
    if (madeBy === undefined) {
      log(`initialising PostgreSQL ${access.binaries.version}`);
      await initialise(dir, access);
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        const port = options.port ?? (await freePort());
        return await launchPostgres({ dir, access, password, logFile, port, settings });
      } catch (error) {
        if (attempt === START_ATTEMPTS || !TRANSIENT_FAILURE.test(String(error))) throw error;
        log('PostgreSQL did not start, trying again');
        await delay(RETRY_MS);
      }
    }
  } finally {
    await access.directory?.close();
  }
}

/** Removes all data of a server. A server that a killed run left is stopped first. */
export async function dropPostgresData(dir: string): Promise<void> {
  await stopLeftoverPostgres(dir);
  await rm(dir, { recursive: true, force: true });
}
