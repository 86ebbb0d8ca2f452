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
  await host('n1', 'a');
  await host('n2', 'older');
  for (const name of ['n1', 'n2']) {
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: CREATED };
    expect((await api.request('POST', LEASES, { body: { metadata: { name }, spec } })).status).toBe(201);
  }
});

afterAll(async () => {
  stopping.abort();
  await agent.close();
  await api.close();
  await backends.stop();
});

/** Makes a node that an agent hosts, as its registration does. */
async function host(name: string, placement: string): Promise<void> {
  expect((await api.request('POST', '/api/v1/nodes', { body: { metadata: { name } } })).status).toBe(201);
  await api.context.store.write({
    key: { resource: 'nodes', namespace: '', name },
    reads: 'head',
    decide: () => ({ kind: 'update', parts: {}, placement }),
  });
}

const EVENT = { type: eventType('node-heartbeat'), source: '/everynode/agent/a' };
const beat = (name = 'a', incarnation = 1, nodes = ['n1']) =>
  agent.publish(subjects.heartbeat(name, 0), EVENT, JSON.stringify({ incarnation, nodes }));

describe('a watch of leases', () => {
  it('gets renewals that are not in the store, with times and revisions that only grow', async () => {
    await api.context.reflector.catchUp();
    const watch = api.watch(`${LEASES}?watch=true&fieldSelector=metadata.name%3Dn1`);
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
      `${LEASES}?watch=true&fieldSelector=metadata.name%3Dn1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await eventually(() => expect(streamed.events.at(-1)?.type).toBe('BOOKMARK'));
    expect(streamed.events[0]?.object.spec.renewTime).toBe(times.at(-1));
    watch.close();
    streamed.close();
  });

  it('is renewed by agents of an older release, and heartbeats of schedulers are not warned of', async () => {
    const warn = vi.spyOn(api.context.log, 'warn');
    await api.context.reflector.catchUp();
    const watch = api.watch(`${LEASES}?watch=true&fieldSelector=metadata.name%3Dn2`);
    const shown = () => watch.events.at(-1)?.object.spec.renewTime as string;
    await eventually(() => expect(shown()).toBeDefined());
    // Perhaps twice: the first publication after a watch has begun repeats what a list before it may have missed.
    const before = shown();
    await agent.publish(subjects.ownHeartbeat('scheduler'), EVENT, JSON.stringify({ incarnation: 0, nodes: [] }));
    await beat('older', Date.now(), ['n2']);
    await eventually(() => expect(shown() > before).toBe(true));
    expect(warn).not.toHaveBeenCalled();
    watch.close();
  });

  it('is not renewed by an agent that does not host the node, and has no entry for a node that is not there', async () => {
    await api.context.reflector.catchUp();
    const timesOf = async () => {
      const { json } = await api.request('GET', LEASES);
      return (json.items as { spec: { renewTime: string } }[]).map(({ spec }) => spec.renewTime);
    };
    const before = await timesOf();
    await beat('stranger', 1, ['n1', 'n2', 'ghost']);
    // Messages come in their order, so that the stranger's has been read when this one is seen.
    await beat('a', 1, ['n1']);
    await eventually(async () => expect((await timesOf())[0]).not.toBe(before[0]));
    expect((await timesOf())[1]).toBe(before[1]);
    expect(api.context.heartbeats.lastHeard('ghost')).toBeUndefined();
  });

  it('begins anew with a node that is made again', async () => {
    await beat();
    await eventually(() => expect(api.context.heartbeats.lastHeard('n1')).toBeDefined());
    expect((await api.request('DELETE', '/api/v1/nodes/n1')).status).toBe(200);
    await eventually(() => expect(api.context.heartbeats.lastHeard('n1')).toBeUndefined());
  });
});
