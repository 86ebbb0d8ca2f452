import { type KubeObject, recordToObject } from '@everynode/objects';
import { Store } from '@everynode/store';
import { createDatabase, eventually, type TestDatabase, testLog } from '@everynode/test-kit';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventFacts } from './event-recorder.js';
import { expireEvents } from './expiry.js';
import { type RecorderLimits, StoreEventRecorder } from './store-event-recorder.js';

const log = testLog();

let database: TestDatabase;
let store: Store;
let metrics: Registry;
const stopping = new AbortController();

beforeAll(async () => {
  database = await createDatabase();
  store = new Store({ databaseUrl: database.url, log });
  await store.migrate();
});

beforeEach(() => {
  metrics = new Registry();
});

afterAll(async () => {
  stopping.abort();
  await store.close();
  await database.drop();
});

const recorder = (limits: Partial<RecorderLimits> = {}, isOpen = (_namespace: string): boolean => true) =>
  new StoreEventRecorder({ store, log, metrics, signal: stopping.signal, isOpen, limits });

async function dropped(): Promise<Record<string, number>> {
  const counter = await metrics.getSingleMetric('everynode_events_dropped_total')?.get();
  return Object.fromEntries(counter?.values.map(({ labels, value }) => [String(labels.reason), value]) ?? []);
}

const event = (name: string, changes: Partial<EventFacts> = {}): EventFacts => ({
  subject: { apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name, uid: `uid-${name}` },
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  component: 'kubelet',
  host: 'node-1',
  ...changes,
});

async function stored(namespace: string, object: string): Promise<KubeObject[]> {
  const names = await store.listNames('events', namespace, 10_000);
  const mine = names.filter((name) => name.startsWith(`${object}.`));
  const records = await Promise.all(mine.map((name) => store.get('events', namespace, name)));
  return records.flatMap((record) => (record ? [recordToObject(record, 'v1', 'Event')] : []));
}

describe('StoreEventRecorder', () => {
  it('stores what kubectl shows of an event, and counts it up in place', async () => {
    const events = recorder();
    const atMs = Date.parse('2026-01-01T10:00:00.700Z');
    events.record(event('web', { atMs, subject: { ...event('web').subject, fieldPath: 'spec.containers{web}' } }));
    const [first] = await eventually(async () => {
      const found = await stored('ns', 'web');
      expect(found).toHaveLength(1);
      return found;
    });
    expect(first).toMatchObject({
      metadata: { namespace: 'ns', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'ns',
        name: 'web',
        uid: 'uid-web',
        fieldPath: 'spec.containers{web}',
      },
      type: 'Warning',
      reason: 'BackOff',
      source: { component: 'kubelet', host: 'node-1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
      count: 1,
      firstTimestamp: '2026-01-01T10:00:00Z',
      lastTimestamp: '2026-01-01T10:00:00Z',
    });
    events.record(
      event('web', { atMs: atMs + 5000, subject: { ...event('web').subject, fieldPath: 'spec.containers{web}' } }),
    );
    await eventually(async () => {
      const found = await stored('ns', 'web');
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({
        metadata: { uid: first?.metadata.uid },
        count: 2,
        firstTimestamp: '2026-01-01T10:00:00Z',
        lastTimestamp: '2026-01-01T10:00:05Z',
      });
    });
  });

  it('keeps events on cluster-scoped objects in default', async () => {
    recorder().record(
      event('n1', { subject: { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'n1', uid: 'n' } }),
    );
    await eventually(async () => expect(await stored('default', 'n1')).toHaveLength(1));
  });

  it('drops and counts what its queue does not hold', async () => {
    const events = recorder({ waiting: 3, news: 0 });
    for (let i = 0; i < 5; i += 1) events.record(event(`full-${i}`, { type: 'Normal' }));
    expect(await dropped()).toEqual({ 'queue-full': 2 });
    // There is room for as many warnings again.
    for (let i = 0; i < 5; i += 1) events.record(event(`wrong-${i}`));
    expect(await dropped()).toEqual({ 'queue-full': 4 });
    await eventually(async () => expect(await stored('ns', 'wrong-2')).toHaveLength(1));
    expect(await stored('ns', 'full-2')).toHaveLength(1);
    expect(await stored('ns', 'full-3')).toHaveLength(0);
    expect(await stored('ns', 'wrong-3')).toHaveLength(0);
  });

  it('writes no faster than it may', async () => {
    const events = recorder({ perSecond: 20, waiting: 100, news: 0 });
    const began = performance.now();
    for (let i = 0; i < 50; i += 1) events.record(event(`slow-${i}`));
    await eventually(() => expect(events.waiting).toBe(0));
    // 20 at once from the budget, the other 30 at 20 a second, less the last batch that leaves the queue early.
    expect(performance.now() - began).toBeGreaterThan(1300);
  });

  it('writes nothing into a namespace that is going', async () => {
    const events = recorder({}, (namespace) => namespace !== 'ns');
    events.record(event('late'));
    await eventually(async () => expect(await dropped()).toEqual({ 'namespace-closed': 1 }));
    expect(await stored('ns', 'late')).toHaveLength(0);
  });
});

describe('expireEvents', () => {
  it('deletes events that were not written for their time to live, and no others', async () => {
    const events = recorder();
    events.record(event('aged'));
    await eventually(async () => expect(await stored('ns', 'aged')).toHaveLength(1));
    const sweeping = new AbortController();
    const shards = { isMine: () => true, fenceFor: () => ({ shard: 0, epoch: 0 }) };
    const sweep = expireEvents({ store, shards, log, signal: sweeping.signal, ttlMs: 1000, everyMs: 20 });
    await eventually(async () => {
      events.record(event('fresh'));
      expect(await stored('ns', 'aged')).toHaveLength(0);
      expect((await stored('ns', 'fresh')).length).toBeGreaterThan(0);
    });
    sweeping.abort();
    await sweep;
  });
});
