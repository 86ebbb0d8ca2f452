import { execute, POSTGRES_URL, prepareTemplate } from './test-database.js';
import { startTestPostgres } from './test-postgres.js';

/** It waits for no disk: what a commit promises after the machine itself has crashed, no test of the run can see. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off' };

/** Vitest's global set-up: one Postgres for the run. Each test file creates its own database on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres(SETTINGS);
  process.env[POSTGRES_URL] = postgres.url;
  // The role that owns all tables, once: test files prepare their databases at the same time.
  await execute(postgres.url, 'create role everynode_owner nologin');
  await prepareTemplate();
  return () => postgres.stop();
}
