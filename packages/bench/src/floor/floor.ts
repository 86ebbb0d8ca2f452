import type { OwnCluster } from '../cluster/own-cluster.js';
import { median } from '../latencies.js';
import { natsFloor } from './nats-floor.js';
import { recordMessages } from './recorded-messages.js';
import { currentRevision, writesBetween } from './recorded-writes.js';
import { sqlFloor } from './sql-floor.js';

/** What a scenario wrote and sent, and how long plain SQL and plain NATS take for it. Times are medians in ms. */
export interface Floor {
  writes: number;
  writtenBytes: number;
  messages: number;
  sentBytes: number;
  sqlMs: number;
  natsMs: number;
  /** Both, one after the other. */
  totalMs: number;
}

/** The floor is measured this often, or until this much time has passed. */
const TIMES = 3;
const ENOUGH_MS = 8000;

/**
 * Runs a scenario and records all that it writes and sends; then measures, a few times, how long plain SQL and plain
 * NATS take for the same.
 */
export async function measureFloor(cluster: OwnCluster, run: () => Promise<unknown>): Promise<Floor> {
  const before = await currentRevision(cluster.database);
  const recorded = await recordMessages(cluster);
  await run();
  const upTo = await currentRevision(cluster.database);
  const messages = await recorded();
  const writes = await writesBetween(cluster.database, before, upTo);
  const sqlTimes: number[] = [];
  const natsTimes: number[] = [];
  const began = performance.now();
  for (let time = 0; time < TIMES && performance.now() - began < ENOUGH_MS; time += 1) {
    sqlTimes.push(await sqlFloor(cluster, writes));
    natsTimes.push(await natsFloor(cluster, messages));
  }
  const [sqlMs, natsMs] = [median(sqlTimes), median(natsTimes)];
  return {
    writes: writes.length,
    writtenBytes: writes.reduce((sum, write) => sum + rowBytes(write), 0),
    messages: messages.length,
    sentBytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
    sqlMs,
    natsMs,
    totalMs: sqlMs + natsMs,
  };
}

function rowBytes({
  metadata,
  desired,
  observed,
}: {
  metadata: string;
  desired: string;
  observed: string | null;
}): number {
  return metadata.length + desired.length + (observed?.length ?? 0);
}
