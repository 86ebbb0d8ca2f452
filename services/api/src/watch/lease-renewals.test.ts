import { Bus } from '@everynode/bus';
import { eventType, subjects } from '@everynode/contract';
import { eventually, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

/** A node's lease as upstream's node lifecycle controller sees it: through a list and a watch, never by a GET. */
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const CREATED = '2020-01-01T00:00:00.000000Z';

let backends: Backends;
let api: RunningApi;
let agent: Bus;
const stopping = new AbortController();

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends, { renewalMs: 50 });
  const { url, services } = backends.nats;
  const log = testLog();
  agent = Bus.connect({ credential: services, url, name: 'agent', log, signal: stopping.signal });
  const spec = { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: CREATED };
  expect((await api.request('POST', LEASES, { body: { metadata: { name: 'n1' }, spec } })).status).toBe(201);
});

afterAll(async () => {
  stopping.abort();
  await agent.close();
  await api.close();
  await backends.stop();
});

const EVENT = { type: eventType('node-heartbeat'), source: '/everynode/agent/a' };
const beat = (name = 'a', incarnation = 1) =>
  agent.publish(subjects.heartbeat(name, 0), EVENT, JSON.stringify({ incarnation, nodes: ['n1'] }));

describe('a watch of leases', () => {
  it('gets renewals that are not in the store, with times and revisions that only grow', async () => {
    await api.context.reflector.catchUp();
    const watch = api.watch(`${LEASES}?watch=true`);
    await eventually(() => expect(watch.events).toHaveLength(1));
    for (const seen of [2, 3]) {
      await beat();
      await eventually(() => expect(watch.events).toHaveLength(seen));
    }
    const times = watch.events.map(({ object }) => object.spec.renewTime as string);
    expect(times).toEqual([...new Set(times)].sort());
    expect(times[0]).toBe(CREATED);
    expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED']);
    const revisions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    // A watch that begins with a list, as client-go's reflectors do by now, is shown the newest time at once.
    const streamed = api.watch(
      `${LEASES}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await eventually(() => expect(streamed.events.at(-1)?.type).toBe('BOOKMARK'));
    expect(streamed.events[0]?.object.spec.renewTime).toBe(times.at(-1));
    watch.close();
    streamed.close();
  });

  it('is renewed by agents of an older release, and heartbeats of schedulers are not warned of', async () => {
    const warn = vi.spyOn(api.context.log, 'warn');
    await api.context.reflector.catchUp();
    const watch = api.watch(`${LEASES}?watch=true`);
    const shown = () => watch.events.at(-1)?.object.spec.renewTime as string;
    await eventually(() => expect(shown()).toBeDefined());
    // Perhaps twice: the first publication after a watch has begun repeats what a list before it may have missed.
    const before = shown();
    await agent.publish(subjects.ownHeartbeat('scheduler'), EVENT, JSON.stringify({ incarnation: 0, nodes: [] }));
    await beat('older', Date.now());
    await eventually(() => expect(shown() > before).toBe(true));
    expect(warn).not.toHaveBeenCalled();
    watch.close();
  });
});
