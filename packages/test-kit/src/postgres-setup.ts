import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@everynode/local-stack';

/** The variable with the URL of the Postgres that the test run shares. */
export const POSTGRES_URL = 'EVERYNODE_TEST_POSTGRES_URL';

/** Vitest's global set-up: one Postgres for the run. Each test file creates its own database on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'everynode-test-pg-'));
  const postgres = await startPostgres({ dir });
  process.env[POSTGRES_URL] = postgres.url;
  return async () => {
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
