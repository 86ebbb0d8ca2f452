import { execute, POSTGRES_URL } from './test-database.js';
import { startTestPostgres } from './test-postgres.js';

/** Vitest's global set-up: one Postgres for the run. Each test file creates its own database on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  process.env[POSTGRES_URL] = postgres.url;
  // The role that owns all tables, once: test files prepare their databases at the same time.
  await execute(postgres.url, 'create role everynode_owner nologin');
  return () => postgres.stop();
}
