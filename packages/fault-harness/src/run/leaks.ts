import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { HistoryEntry } from '@everynode/history-checker';
import { type ConsumerInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { Cluster } from '../cluster/cluster.js';
import { connectToBus } from '../faults/bus-connection.js';
import { now } from '../record/clock.js';

type Leak = Extract<HistoryEntry, { entry: 'leak' }>;

/** What may grow: how much there is, and by how much a run may raise it. */
interface Amount {
  what: string;
  amount: number;
  /** Allowed on top of what there was before. */
  slack: number;
}

/** Tables that hold a row for each thing that lives now. Objects and journal grow by what clients do. */
const BOUNDED_TABLES = ['agents', 'schedulers', 'shard_leases'];
/** A row for each start of a process; removed after days. */
const TABLES_OF_STARTS = ['writers'];
const MiB = 1024 * 1024;
/** The longest timeout after which something of a dead process is gone, and a little more, in ms. */
const EXPIRY_MS = 75_000;
const EXPIRY_EVERY_MS = 3000;

/** Counts what a cluster holds: rows, streams, consumers, sessions, and of each process memory, files and timers. */
export async function measure(cluster: Cluster): Promise<Amount[]> {
  const parts = await Promise.all([tableRows(cluster), sessions(cluster), streams(cluster), processes(cluster)]);
  return parts.flat();
}

/**
 * What there is more of than before, in the end. Consumers, sessions and leases of a killed process go away by a
 * timeout, so what is too much is measured again for a while.
 */
export async function lastingLeaks(before: readonly Amount[], cluster: Cluster): Promise<Leak[]> {
  for (const until = now() + EXPIRY_MS; ; await delay(EXPIRY_EVERY_MS)) {
    const leaks = leaksBetween(before, await measure(cluster));
    if (now() > until || leaks.every(({ after, limit }) => after <= limit)) return leaks;
  }
}

/** Compares two measurements. What is there only afterwards counts from 0. */
function leaksBetween(before: readonly Amount[], after: readonly Amount[]): Leak[] {
  return after.map(({ what, amount, slack }) => {
    const first = before.find((one) => one.what === what)?.amount ?? 0;
    return { entry: 'leak', at: now(), what, before: first, after: amount, limit: first + slack };
  });
}

async function tableRows(cluster: Cluster): Promise<Amount[]> {
  const tables = await cluster.sql<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  const bounded = tables.filter(({ name }) => [...BOUNDED_TABLES, ...TABLES_OF_STARTS].includes(name));
  return await Promise.all(
    bounded.map(async ({ name }) => {
      const [row] = await cluster.sql<{ count: string }>(`select count(*) from ${name}`);
      return {
        what: `rows of ${name}`,
        amount: Number(row?.count),
        slack: TABLES_OF_STARTS.includes(name) ? cluster.routes.starts : 4,
      };
    }),
  );
}

async function sessions(cluster: Cluster): Promise<Amount[]> {
  const rows = await cluster.sql("select 1 from pg_stat_activity where application_name like 'everynode:%'");
  return [{ what: 'sessions of Postgres', amount: rows.length, slack: 20 }];
}

async function streams(cluster: Cluster): Promise<Amount[]> {
  const connection = await connectToBus(cluster);
  try {
    const manager = await jetstreamManager(connection);
    const found = await manager.streams.list().next();
    const consumers = await Promise.all(found.map(({ config }) => consumersOf(manager, config.name)));
    return [
      { what: 'streams', amount: found.length, slack: 0 },
      {
        what: 'consumers',
        amount: consumers.flat().filter((one) => !isLeftBehind(one)).length,
        slack: 2 * (cluster.size.agents + cluster.size.apiReplicas),
      },
    ];
  } finally {
    await connection.close();
  }
}

async function consumersOf(manager: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for await (const consumer of manager.consumers.list(stream)) found.push(consumer);
  return found;
}

/** nats.js follows in order with one consumer after the other: after each gap with a new one, kept for this long. */
const REPLACED_NS = 5 * 60 * 1e9;

/** Nothing reads it, and the server removes it later than a run can wait. */
function isLeftBehind({ config, num_waiting }: ConsumerInfo): boolean {
  return num_waiting === 0 && config.inactive_threshold === REPLACED_NS;
}

async function processes(cluster: Cluster): Promise<Amount[]> {
  const services = await cluster.services();
  const parts = await Promise.all(
    services.map(async ({ name, pid, healthPort }) => {
      if (pid === null) return [];
      const [files, status, metrics] = await Promise.all([
        readdir(`/proc/${pid}/fd`),
        readFile(`/proc/${pid}/status`, 'utf8'),
        fetch(`http://127.0.0.1:${healthPort}/metrics`).then((answer) => answer.text()),
      ]);
      const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
      return [
        { what: `open files of ${name}`, amount: files.length, slack: 40 },
        { what: `MiB of ${name}`, amount: Math.round((kib * 1024) / MiB), slack: 200 },
        { what: `timers of ${name}`, amount: timersIn(metrics), slack: 100 },
      ];
    }),
  );
  return parts.flat();
}

function timersIn(metrics: string): number {
  return Number(/^nodejs_active_resources\{type="Timeout"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}
