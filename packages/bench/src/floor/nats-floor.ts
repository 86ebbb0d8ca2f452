import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { OwnCluster } from '../cluster/own-cluster.js';
import { connectToBus, type RecordedMessage } from './recorded-messages.js';

const PREFIX = 'BENCH_FLOOR_';
/** Messages on their way at once. */
const IN_FLIGHT = 64;
const DEADLINE_MS = 120_000;
const IDLE_MS = 30_000;

/**
 * Readers of a stream: each replica reads all of it, each agent its own part, or all together read each message once.
 */
type Readers = { subjects: string; count: number; acknowledge: boolean };

interface Copy {
  stream: string;
  /** Prefix of the copy's subjects. */
  root: string;
  messages: RecordedMessage[];
  readers: Readers[];
}

/**
 * Measures how long NATS takes for these messages when nothing else is done, in ms: messages of the same sizes and
 * headers, in streams of the same kind, with the same readers and acknowledgements, until the last reader has the last
 * message.
 */
export async function natsFloor(cluster: OwnCluster, messages: readonly RecordedMessage[]): Promise<number> {
  const connection = await connectToBus(cluster);
  const manager = await jetstreamManager(connection);
  try {
    const copies = await copyStreams(manager, messages, cluster);
    const js = jetstream(connection);
    const reading = await Promise.all(
      copies.flatMap((copy) => copy.readers.map((readers) => read(js, manager, copy, readers))),
    );
    const began = performance.now();
    await publishAll(connection, js, copies);
    await Promise.all(reading.map((done) => done()));
    return performance.now() - began;
  } finally {
    for await (const name of manager.streams.names()) if (name.startsWith(PREFIX)) await manager.streams.delete(name);
    await connection.close();
  }
}

async function copyStreams(
  manager: JetStreamManager,
  messages: readonly RecordedMessage[],
  { size }: OwnCluster,
): Promise<Copy[]> {
  const copies: Copy[] = [];
  const replicas = size.apiReplicas + size.schedulerReplicas;
  for await (const { config } of manager.streams.list()) {
    const { name } = config;
    // Heartbeats are not part of the work, and copies of an earlier floor are not part of the cluster.
    if (name.startsWith(PREFIX) || name === 'EVERYNODE_HEARTBEATS') continue;
    const root = `benchfloor.${name}`;
    const own = messages.filter(({ subject }) => config.subjects.some((pattern) => matches(pattern, subject)));
    if (own.length === 0) continue;
    const stream = `${PREFIX}${name}`;
    await manager.streams.add({
      ...(name === 'EVERYNODE_REPORTS' ? { retention: config.retention } : {}),
      name: stream,
      subjects: [`${root}.>`],
      storage: config.storage,
      duplicate_window: config.duplicate_window,
      num_replicas: config.num_replicas,
    });
    const all = `${root}.>`;
    const readers: Readers[] =
      name === 'EVERYNODE_REPORTS'
        ? [{ subjects: all, count: own.length, acknowledge: true }]
        : name === 'EVERYNODE_COMMANDS'
          ? [...countBy(own, ({ subject }) => subject.split('.')[3] ?? '')].map(([agent, count]) => ({
              subjects: `${root}.everynode.v1.agent.${agent}.>`,
              count,
              acknowledge: false,
            }))
          : Array.from({ length: name === 'EVERYNODE_JOURNAL' ? replicas : size.schedulerReplicas }, () => ({
              subjects: all,
              count: own.length,
              acknowledge: false,
            }));
    copies.push({ stream, root, messages: own, readers });
  }
  return copies;
}

/** Whether a subject matches a pattern, in which `*` is one token and `>` is the rest. */
export function matches(pattern: string, subject: string): boolean {
  const [wanted, have] = [pattern.split('.'), subject.split('.')];
  const open = wanted.at(-1) === '>';
  if (open ? have.length < wanted.length : have.length !== wanted.length) return false;
  return wanted.every((token, i) => token === '>' || token === '*' || token === have[i]);
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** Begins to read. The returned function resolves when all messages have come. */
async function read(
  js: JetStreamClient,
  manager: JetStreamManager,
  { stream }: Copy,
  { subjects, count, acknowledge }: Readers,
): Promise<() => Promise<void>> {
  let consumer: Awaited<ReturnType<typeof js.consumers.get>>;
  if (acknowledge) {
    await manager.consumers.add(stream, {
      durable_name: 'floor',
      filter_subject: subjects,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
    });
    consumer = await js.consumers.get(stream, 'floor');
  } else {
    consumer = await js.consumers.get(stream, { filter_subjects: subjects, deliver_policy: DeliverPolicy.All });
  }
  const messages = await consumer.consume({ max_messages: 1000, idle_heartbeat: IDLE_MS / 2 });
  const done = (async () => {
    let left = count;
    const timer = setTimeout(() => messages.stop(), DEADLINE_MS);
    for await (const message of messages) {
      if (acknowledge) message.ack();
      left -= 1;
      if (left === 0) break;
    }
    clearTimeout(timer);
    messages.stop();
    if (left > 0) throw new Error(`${left} of ${count} messages of ${stream} did not come back`);
  })();
  done.catch(() => undefined);
  return () => done;
}

async function publishAll(connection: NatsConnection, js: JetStreamClient, copies: readonly Copy[]): Promise<void> {
  const most = Math.max(1, ...copies.flatMap(({ messages }) => messages.map(({ bytes }) => bytes)));
  const filling = Buffer.alloc(most, 'x');
  const underway = new Set<Promise<unknown>>();
  for (const { root, messages } of copies) {
    for (const { subject, bytes, headers } of messages) {
      const sent: Promise<unknown> = js
        .publish(`${root}.${subject}`, filling.subarray(0, bytes), headers ? { headers } : {})
        .finally(() => underway.delete(sent));
      underway.add(sent);
      if (underway.size >= IN_FLIGHT) await Promise.race(underway);
    }
  }
  await Promise.all(underway);
  await connection.flush();
}
