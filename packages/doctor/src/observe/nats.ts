import { setTimeout as delay } from 'node:timers/promises';
import { type BusCredential, connectionProof } from '@everynode/bus-credentials';
import { consumers, rangeOf, streams, subjects } from '@everynode/contract';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { NatsObservation } from '../observations.js';
import { freeBytesOf } from './free-space.js';
import { SECOND_LOOK_MS } from './postgres.js';

const DEADLINE_MS = 2000;

export interface NatsAddress {
  url: string;
  credential: BusCredential;
}

/** Asks NATS with a client of its own, since the services' may be what does not work. */
export async function observeNats(address: NatsAddress, dataDirectory: string | undefined): Promise<NatsObservation> {
  const began = performance.now();
  let connection: NatsConnection;
  try {
    connection = await connect({
      servers: address.url,
      ...(await connectionProof(address.credential)),
      reconnect: false,
      timeout: DEADLINE_MS,
      name: 'everynode doctor',
    });
  } catch (error) {
    const message = messageOf(error);
    return { kind: /refused/i.test(message) ? 'unreachable' : 'silent', message };
  }
  try {
    const manager = await jetstreamManager(connection, { timeout: DEADLINE_MS });
    const names = new Set(await manager.streams.names().next());
    const tookMs = Math.round(performance.now() - began);
    const [pending, published] = [await pendingReports(manager), await publishedRevision(manager)];
    await delay(SECOND_LOOK_MS);
    const pendingLater = await pendingReports(manager);
    return {
      kind: 'answers',
      tookMs,
      missingStreams: Object.values(streams)
        .map(({ name }) => name)
        .filter((name) => !names.has(name)),
      reportsPending: pending === null || pendingLater === null ? null : [pending, pendingLater],
      published: [published, await publishedRevision(manager)],
      freeBytes: await freeBytesOf(dataDirectory),
    };
  } catch (error) {
    return { kind: 'no jetstream', message: messageOf(error) };
  } finally {
    connection.close().catch(() => undefined);
  }
}

const messageOf = (error: unknown): string => {
  const { cause, message } = error as { cause?: { message?: string }; message: string };
  return cause?.message ?? message;
};

/** Null without the stream or the consumer. */
async function pendingReports(manager: JetStreamManager): Promise<number | null> {
  const { stream, durable } = consumers.ingest;
  return manager.consumers.info(stream, durable).then(
    ({ num_ack_pending, num_pending }) => num_pending + num_ack_pending,
    () => null,
  );
}

/** The last revision of the newest message in the stream of changes. */
async function publishedRevision(manager: JetStreamManager): Promise<number | null> {
  return manager.streams.getMessage(streams.journal.name, { last_by_subj: subjects.objectsChanged }).then(
    (message) => rangeOf(message?.header.get('Nats-Msg-Id'))?.last ?? null,
    () => null,
  );
}
