import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@everynode/local-stack';

/** A Postgres of its own. */
interface TestPostgres {
  url: string;
  stop(): Promise<void>;
}

/** Starts a Postgres with data of its own: for a whole test run, or for a test that changes its settings. */
export async function startTestPostgres(settings: Record<string, string> = {}): Promise<TestPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'everynode-test-pg-'));
  const postgres = await startPostgres({ dir, settings });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
