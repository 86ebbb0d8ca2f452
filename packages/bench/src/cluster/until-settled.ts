import { setTimeout as delay } from 'node:timers/promises';
import { currentRevision } from '../floor/recorded-writes.js';
import type { OwnCluster } from './own-cluster.js';

const LOOK_MS = 500;

/** Resolves when nothing was written for `quietMs`. */
export async function untilSettled(cluster: OwnCluster, quietMs: number, signal: AbortSignal): Promise<void> {
  let revision = await currentRevision(cluster.database);
  for (let since = performance.now(); performance.now() - since < quietMs; ) {
    await delay(LOOK_MS, undefined, { signal });
    const now = await currentRevision(cluster.database);
    if (now !== revision) since = performance.now();
    revision = now;
  }
}
