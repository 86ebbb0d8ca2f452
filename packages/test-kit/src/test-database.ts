import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { POSTGRES_URL } from './postgres-setup.js';

/** An empty database for one test file. */
export interface TestDatabase {
  url: string;
  /** Runs a statement over a connection of its own. */
  execute(statement: string): Promise<void>;
  drop(): Promise<void>;
}

/**
 * Creates an empty database on the Postgres of this test run.
 * @throws Error outside vitest, whose global set-up starts that Postgres.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const admin = process.env[POSTGRES_URL];
  if (!admin) throw new Error(`${POSTGRES_URL} is not set: run the tests through vitest's configuration at the root`);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(admin, `create database ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    execute: (statement) => execute(url.href, statement),
    drop: () => execute(admin, `drop database ${name} with (force)`),
  };
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
