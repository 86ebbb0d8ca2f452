import { startTestPostgres } from './test-postgres.js';

/** The variable with the URL of the Postgres that the test run shares. */
export const POSTGRES_URL = 'EVERYNODE_TEST_POSTGRES_URL';

/** Vitest's global set-up: one Postgres for the run. Each test file creates its own database on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const postgres = await startTestPostgres();
  process.env[POSTGRES_URL] = postgres.url;
  return () => postgres.stop();
}
