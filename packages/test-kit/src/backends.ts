import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningNats, startNats } from '@everynode/local-stack';
import pg from 'pg';
import { POSTGRES_URL } from './postgres-setup.js';

/** A database that nobody else uses. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Makes an empty database on the Postgres of this test run. */
export async function createDatabase(): Promise<TestDatabase> {
  const admin = process.env[POSTGRES_URL];
  if (!admin) throw new Error(`${POSTGRES_URL} is not set: run the tests through vitest's configuration at the root`);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(admin, `create database ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => execute(admin, `drop database ${name} with (force)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A nats-server that a test may break. */
export interface TestNats extends RunningNats {
  /** Stops it and starts it on the same port, with the same users and without anything it had stored. */
  restartEmpty(): Promise<void>;
}

/** A nats-server of its own for a test file, in a directory that goes when it stops. */
export async function startTestNats(agents: string[] = []): Promise<TestNats> {
  const dir = await mkdtemp(join(tmpdir(), 'everynode-test-nats-'));
  let server = await startNats({ dir, agents });
  return {
    ...server,
    restartEmpty: async () => {
      await server.stop();
      await rm(join(dir, 'jetstream'), { recursive: true });
      server = await startNats({ dir, port: server.port });
    },
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
