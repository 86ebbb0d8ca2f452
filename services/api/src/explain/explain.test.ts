import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../fixtures/running-api.js';

let backends: Backends;
let api: RunningApi;
const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
const EXPLAIN = '/apis/explain.everynode.io/v1/namespaces/default/daemonsets';

const manifest = (nodeSelector: object) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { nodeSelector, containers: [{ name: 'c', image: 'i' }] } },
  },
});

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  for (const [name, disk] of [
    ['fast', 'ssd'],
    ['slow', 'hdd'],
  ]) {
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { disk } } };
    expect((await api.request('POST', '/api/v1/nodes', { body })).status).toBe(201);
  }
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

describe('explain', () => {
  it('foresees in a dry run what becomes of pods, as a warning', async () => {
    const dry = await api.request('POST', `${SETS}?dryRun=All`, { body: manifest({ disk: 'ssd' }) });
    expect([dry.status, dry.headers.warning]).toEqual([201, '299 - "this would start a pod on 1 node (fast)"']);
    expect((await api.request('GET', `${SETS}/d`)).status).toBe(404);
    const real = await api.request('POST', SETS, { body: manifest({ disk: 'ssd' }) });
    expect([real.status, real.headers.warning]).toEqual([201, undefined]);
    const patched = await api.request('PATCH', `${SETS}/d?dryRun=All`, {
      body: { spec: { template: { spec: { nodeSelector: null } } } },
      contentType: 'application/merge-patch+json',
    });
    expect(patched.headers.warning).toBe('299 - "this would start a pod on 2 nodes (fast, slow)"');
  });

  it('answers for every node, or for one', async () => {
    const { json } = await api.request('GET', `${EXPLAIN}/d`);
    expect(json.nodes).toEqual([
      { node: 'fast', eligible: true, outcome: 'create', reason: 'the node is eligible and has no pod' },
      { node: 'slow', eligible: false, outcome: 'none', reason: 'the node does not match nodeSelector disk=ssd' },
    ]);
    expect((await api.request('GET', `${EXPLAIN}/d?node=slow`)).json.nodes).toHaveLength(1);
  });

  it('says what is not there', async () => {
    expect((await api.request('GET', `${EXPLAIN}/none`)).json.reason).toBe('NotFound');
    expect((await api.request('GET', `${EXPLAIN}/d?node=none`)).json.message).toBe('nodes "none" not found');
    expect((await api.request('GET', `${EXPLAIN}/d`, { anonymous: true })).status).toBe(401);
  });
});
