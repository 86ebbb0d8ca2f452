import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dropNatsData } from '../servers/nats.js';
import { dropPostgresData } from '../servers/postgres.js';
import { makeStateDirectories, type StatePaths } from './state-directory.js';

/** Removes what earlier runs left, but not what the running supervisor uses: `run/` and its own log. */
export async function dropState(paths: StatePaths): Promise<void> {
  const { agents, demoCreated, fleet, kubeconfig, logs, nats, pki, postgres } = paths;
  for (const path of [agents, demoCreated, fleet, kubeconfig, pki]) await rm(path, { recursive: true, force: true });
  for (const name of await readdir(logs)) if (!name.startsWith('supervisor.')) await rm(join(logs, name));
  await Promise.all([dropPostgresData(postgres), dropNatsData(nats)]);
  await makeStateDirectories(paths);
}
