import { connectionProof } from '@everynode/bus-credentials';
import { consumers, eventType, streams, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bus } from './index.js';

/** A stream that is deleted or purged has to be noticed, declared again and followed again within this time, in ms. */
const PROMISED_MS = 5000;

const log = testLog();
const event = { type: eventType('pod-assigned'), source: '/test' };
const command = subjects.command('agent-1', 'pod-assigned');
const names = Object.values(streams).map(({ name }) => name);

let nats: TestNats;
let services: Bus;
/** Declares nothing. */
let follower: Bus;
let connection: NatsConnection;
let admin: JetStreamManager;
const stopping = new AbortController();
/** What the follower has received, and how often it was reset. */
const commands: string[] = [];
let resets = 0;
const lost: string[][] = [];

beforeAll(async () => {
  nats = await startTestNats();
  const { signal } = stopping;
  connection = await connect({ servers: nats.url, ...(await connectionProof(nats.services)) });
  admin = await jetstreamManager(connection);
  services = Bus.connect({ url: nats.url, credential: nats.services, name: 'services', log, signal });
  follower = Bus.connect({ url: nats.url, credential: nats.services, name: 'follower', log, signal });
  services.onLost((streamsLost) => lost.push(streamsLost));
});

afterAll(async () => {
  stopping.abort();
  await Promise.all([services.close(), follower.close()]);
  await connection.close();
  await nats.stop();
});

describe('streams of an older release', () => {
  it('are moved from files into memory', async () => {
    for (const { name, subjects: of } of [streams.reports, streams.manifests]) {
      await admin.streams.add({ name, subjects: [...of], storage: 'file' });
    }
    await services.ensureTopology();
    for (const name of names) expect((await admin.streams.info(name)).config.storage).toBe('memory');
    expect((await admin.consumers.info(consumers.ingest.stream, consumers.ingest.durable)).name).toBe('ingest');
  });
});

describe('a stream that is deleted', () => {
  it('is declared again, and its followers begin anew, also those that do not declare it', async () => {
    void follower.follow(streams.commands.name, subjects.commandsOf('agent-1'), {
      onReset: () => {
        resets += 1;
      },
      onMessage: ({ body }) => void commands.push(body),
    });
    await eventually(() => expect(resets).toBe(1));
    expect(follower.trouble).toBeUndefined();
    lost.length = 0;
    await admin.streams.delete(streams.commands.name);
    await eventually(() => expect(resets).toBeGreaterThan(1), PROMISED_MS);
    await services.publish(command, event, 'after');
    await eventually(() => expect(commands).toEqual(['after']));
    await eventually(() => expect(follower.trouble).toBeUndefined());
    expect(lost.flat()).toEqual([streams.commands.name]);
  });

  it('may be any or all of them, with their consumers', async () => {
    const reports: string[] = [];
    const { stream, durable } = consumers.ingest;
    void services.work(
      stream,
      durable,
      { messages: 4, bytes: 1000 },
      {
        handle: async ({ body }) => void reports.push(body),
      },
    );
    let news = 0;
    void services.follow(streams.journal.name, subjects.objectsChanged, {
      onReset: () => undefined,
      onMessage: () => {
        news += 1;
      },
    });
    const report = subjects.report('agent-1', 'pod-status');
    const delivers = async (text: string) => {
      const before = news;
      await eventually(async () => {
        await services.publish(report, event, text);
        await services.publish(subjects.objectsChanged, event, text);
        expect(reports).toContain(text);
        expect(news).toBeGreaterThan(before);
      }, PROMISED_MS);
    };
    await delivers('first');
    for (const name of names) await admin.streams.delete(name);
    await delivers('second');
    await admin.consumers.delete(stream, durable);
    await delivers('third');
    await eventually(() => expect(services.trouble).toBeUndefined());
  });
});

describe('a stream that is purged', () => {
  it('is reported as lost, and not before', async () => {
    await services.publish(command, event, 'to be purged');
    await eventually(async () => expect((await admin.streams.info(streams.commands.name)).state.messages).toBe(1));
    lost.length = 0;
    await admin.streams.purge(streams.commands.name);
    await eventually(() => expect(lost).toEqual([[streams.commands.name]]), PROMISED_MS);
  });
});
