import { setTimeout as delay } from 'node:timers/promises';
import { consumers, eventType, inboxPrefix, streams, subjects } from '@everynode/contract';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bus, type Delivery, RequestFailedError } from './index.js';

const log = testLog();
const event = { type: eventType('pod-status'), source: '/test' };
const subject = subjects.report('agent-1', 'pod-status');
const LIMITS = { messages: 4, bytes: 1_000_000 };

let nats: TestNats;
let bus: Bus;
const stopping = new AbortController();

beforeAll(async () => {
  nats = await startTestNats();
  bus = Bus.connect({ url: nats.url, credential: nats.services, name: 'test', log, signal: stopping.signal });
  await bus.ensureTopology();
});

afterAll(async () => {
  stopping.abort();
  await bus.close();
  await nats.stop();
});

describe('a durable consumer', () => {
  it('delivers a message again until it is handled, and then no more', async () => {
    const handled: Delivery[] = [];
    let failures = 2;
    void bus.work(consumers.ingest.stream, consumers.ingest.durable, LIMITS, {
      handle: async (delivery) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error('not this time');
        }
        handled.push(delivery);
      },
    });
    await bus.publish(subject, event, '{"n":1}');
    await eventually(() => expect(handled).toHaveLength(1));
    expect(handled[0]).toMatchObject({ subject, body: '{"n":1}', event: { type: event.type, source: '/test' } });
  });

  it('delivers a message once, however long its handling takes', async () => {
    const begun: string[] = [];
    let done = 0;
    const stop = new AbortController();
    const worker = Bus.connect({ url: nats.url, credential: nats.services, name: 'slow', log, signal: stop.signal });
    const { stream, durable, ackWaitSeconds } = consumers.ingest;
    const working = worker.work(stream, durable, LIMITS, {
      handle: async ({ body }) => {
        begun.push(body);
        // Two and a half times as long as the server waits for a word: that time is what is tested here.
        await delay(ackWaitSeconds * 2500);
        done += 1;
      },
    });
    // The worker of the test before takes part as well, so it is tried until the slow one gets something.
    for (let n = 0; begun.length === 0; n += 1) {
      await bus.publish(subject, event, `${n}`);
      await delay(50);
    }
    await eventually(() => expect(done).toBe(begun.length), 20_000);
    expect(new Set(begun).size).toBe(begun.length);
    stop.abort();
    await working;
    await worker.close();
  });

  it('stores a message with the same id once', async () => {
    const received: string[] = [];
    let following = false;
    void bus.follow(streams.manifests.name, subjects.allManifests, {
      onReset: () => {
        following = true;
      },
      onMessage: ({ body }) => {
        received.push(body);
      },
    });
    const to = subjects.manifestApplied('daemonsets.apps', 'default');
    await eventually(() => expect(following).toBe(true));
    for (let i = 0; i < 3; i += 1) await bus.publish(to, { ...event, id: 'twice' }, 'once');
    await bus.publish(to, { ...event, id: 'other' }, 'other');
    await eventually(() => expect(received).toContain('other'));
    expect(received.filter((body) => body === 'once')).toHaveLength(1);
  });
});

describe('questions', () => {
  it('are answered, and reject with the reason of the service that could not answer', async () => {
    bus.respond(subjects.allRequests('list-pods'), 'queue', async (asked, body) => {
      if (body === 'fail') throw new Error('no idea');
      return `${asked} ${body}`;
    });
    const question = subjects.request('agent-1', 'list-pods');
    const stop = new AbortController();
    const credential = await nats.addAgent('agent-1');
    const inbox = inboxPrefix('agent-1');
    const agent = Bus.connect({ url: nats.url, credential, inboxPrefix: inbox, name: 'a', log, signal: stop.signal });
    await eventually(() => expect(agent.connected).toBe(true));
    expect(await agent.request(question, 'hello', 2000)).toBe(`${question} hello`);
    const failed = agent.request(question, 'fail', 2000);
    await expect(failed).rejects.toThrow(RequestFailedError);
    await expect(failed).rejects.toMatchObject({ message: `${question}: no idea`, retryable: true });
    stop.abort();
    await agent.close();
  });
});

describe('a server that comes back empty', () => {
  it('has the streams again, and followers are reset because they may have missed messages', async () => {
    let resets = 0;
    const received: string[] = [];
    void bus.follow(streams.journal.name, subjects.objectsChanged, {
      onReset: () => {
        resets += 1;
      },
      onMessage: ({ body }) => {
        received.push(body);
      },
    });
    await eventually(() => expect(resets).toBe(1));
    await nats.restartEmpty();
    await eventually(() => expect(resets).toBeGreaterThan(1));
    await eventually(async () => {
      await bus.publish(subjects.objectsChanged, event, 'after');
      expect(received).toContain('after');
    });
  });
});
