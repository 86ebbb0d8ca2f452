import type { OwnCluster } from '../cluster/own-cluster.js';
import { median } from '../latencies.js';
import { natsFloor } from './nats-floor.js';
import { recordMessages } from './recorded-messages.js';
import { currentRevision, writesBetween } from './recorded-writes.js';
import { sqlFloor } from './sql-floor.js';

/** What a scenario wrote and sent, and how long the same takes plainly. Times in ms, medians. */
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

/** As often as this, or until it has taken so long. */
const TIMES = 3;
const ENOUGH_MS = 8000;

/** Runs a scenario with everything it writes and sends on record, then does that plainly, a few times. */
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
