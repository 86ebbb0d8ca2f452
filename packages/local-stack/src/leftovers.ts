import { access } from 'node:fs/promises';
import { stopLeftoverServices } from './process/pid-file.js';
import { stopLeftoverNats } from './servers/nats.js';
import { stopLeftoverPostgres } from './servers/postgres-process.js';
import type { StatePaths } from './state/state-directory.js';

/** Ends everything that a killed supervisor may have left running. Does nothing where there never was a stack. */
export async function stopLeftovers(paths: StatePaths): Promise<void> {
  const present = await access(paths.run).then(
    () => true,
    () => false,
  );
  if (!present) return;
  await stopLeftoverServices(paths.run);
  await Promise.all([stopLeftoverNats(paths.nats), stopLeftoverPostgres(paths.postgres)]);
}
