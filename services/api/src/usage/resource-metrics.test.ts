import type { NodeUsage } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPods, startStreamedPod } from '../../testing/streamed-pods.js';
import { NodeUsages } from './node-usages.js';

const API = '/apis/metrics.k8s.io/v1beta1';
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const NODE = 'node-of-agent-1';
const AT = '2026-01-01T00:00:15Z';

let pod: Awaited<ReturnType<typeof startStreamedPod>>;
let usage: NodeUsage;

beforeAll(async () => {
  // Each request finds out what is used.
  pod = await startStreamedPod([], { usageKeepMs: 0 });
  await pod.api.request('PATCH', '/api/v1/namespaces/default/pods/p', {
    body: { metadata: { labels: { app: 'a' } } },
    contentType: 'application/merge-patch+json',
  });
  const { json } = await pod.api.request('GET', '/api/v1/namespaces/default/pods/p');
  const measured = { atMs: Date.parse(AT), windowMs: 15_012 };
  const containers = [
    { name: 'c', cpuNanocores: 1_500_000, workingSetBytes: 3 * 2 ** 20 },
    { name: 'd', cpuNanocores: 1, workingSetBytes: 1025 },
  ];
  const own = { uid: json.metadata.uid, ...measured, containers };
  usage = { node: NODE, ...measured, cpuNanocores: 2e9, workingSetBytes: 2 ** 31, pods: [own] };
  await createPods(pod.api, 'agent-1', ['unmeasured']);
});

afterAll(() => pod.stop());

beforeEach(() => {
  pod.streams.usages = [usage];
  pod.streams.asked = 0;
});

const get = (path: string, accept = 'application/json') => pod.api.request('GET', `${API}${path}`, { accept });

const POD_METRICS = {
  metadata: { name: 'p', namespace: 'default', labels: { app: 'a' } },
  timestamp: AT,
  window: '15.012s',
  containers: [
    { name: 'c', usage: { cpu: '1500u', memory: '3Mi' } },
    { name: 'd', usage: { cpu: '1n', memory: '1025' } },
  ],
};
const NODE_METRICS = { metadata: { name: NODE }, timestamp: AT, window: '15.012s', usage: { cpu: '2', memory: '2Gi' } };

describe('metrics.k8s.io', () => {
  it('has nodes and pods as metrics-server', async () => {
    const pods = await get('/namespaces/default/pods');
    expect(pods.json).toMatchObject({
      kind: 'PodMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: [POD_METRICS],
    });
    expect(pods.json.items).toHaveLength(1);
    expect(pods.json.items[0]).not.toHaveProperty('kind');
    expect((await get('/nodes')).json).toMatchObject({ kind: 'NodeMetricsList', items: [NODE_METRICS] });
    expect((await get(`/nodes/${NODE}`)).json).toMatchObject({ kind: 'NodeMetrics', ...NODE_METRICS });
    expect((await get('/namespaces/default/pods/p')).json).toMatchObject({ kind: 'PodMetrics', ...POD_METRICS });
  });

  it('asks an agent once in some seconds, however many ask', async () => {
    const usages = new NodeUsages(pod.api.context.tunnels, testLog());
    const nodes = [{ name: NODE, agent: 'agent-1' }];
    await usages.of(nodes);
    const all = await Promise.all(Array.from({ length: 5 }, () => usages.of(nodes)));
    for (const known of all) expect(known.get(NODE)?.cpuNanocores).toBe(2e9);
    expect(pod.streams.asked).toBe(1);
  });

  it('leaves out an agent that does not answer', async () => {
    await pod.api.request('POST', '/api/v1/nodes', {
      body: { metadata: { name: 'lost', annotations: { 'everynode.io/agent': 'lost' } } },
    });
    expect((await get('/nodes')).json.items).toMatchObject([NODE_METRICS]);
    await pod.api.request('DELETE', '/api/v1/nodes/lost');
  });

  it.each([
    ['/pods?labelSelector=app%3Da', ['p']],
    ['/pods?labelSelector=app%3Db', []],
    ['/pods?fieldSelector=metadata.name%3Dp', ['p']],
    ['/namespaces/other/pods', []],
    ['/nodes?labelSelector=x', []],
    [`/nodes?fieldSelector=metadata.name%3D${NODE}`, [NODE]],
  ])('selects: %s', async (path, names) => {
    const { json } = await get(path);
    expect(json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(names);
  });

  it.each([
    ['/namespaces/default/pods/absent', 404, 'pods "absent" not found'],
    ['/namespaces/default/pods/unmeasured', 404, 'podmetrics.metrics.k8s.io "default/unmeasured" not found'],
    ['/nodes/absent', 404, 'nodes "absent" not found'],
    ['/pods?fieldSelector=spec.nodeName%3Dx', 400, '"spec.nodeName" is not a known field selector'],
    ['/pods?labelSelector=%3D', 400, "found '='"],
    ['/pods?watch=true', 405, 'watch is not supported on resources of kind "pods.metrics.k8s.io"'],
    ['/others', 404, 'the server could not find the requested resource'],
  ])('refuses %s', async (path, status, message) => {
    const answer = await get(path);
    expect(answer.json).toMatchObject({ kind: 'Status', code: status });
    expect(answer.json.message).toContain(message);
  });

  it('is not written to', async () => {
    for (const method of ['POST', 'DELETE']) {
      expect(await pod.api.request(method, `${API}/pods`, { body: {} })).toMatchObject({ status: 405 });
    }
  });

  it('has tables with the columns of metrics-server', async () => {
    const { json } = await get('/namespaces/default/pods', TABLE);
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'cpu',
      'memory',
      'Window',
    ]);
    expect(json.rows).toMatchObject([
      { cells: ['p', '1500001n', '3146753', '15.012s'], object: { kind: 'PartialObjectMetadata' } },
    ]);
    expect((await get('/namespaces/other/pods', TABLE)).json).toMatchObject({ columnDefinitions: null, rows: null });
  });

  it.each([
    ['application/vnd.kubernetes.protobuf, */*', 'application/json', '{"kind":"NodeMetricsList"'],
    ['application/yaml', 'application/yaml', 'kind: NodeMetricsList'],
  ])('answers %s', async (accept, type, begin) => {
    const answer = await get('/nodes', accept);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.text.slice(0, begin.length)).toBe(begin);
  });

  it('is found by discovery', async () => {
    const { json } = await pod.api.request('GET', API);
    expect(json.resources).toEqual([
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ]);
  });

  it('leaves out what an agent says of the nodes of others, and what is no usage', async () => {
    pod.streams.usages = [{ ...usage, node: 'of-another' }];
    expect((await get('/nodes')).json.items).toEqual([]);
    pod.streams.usages = [{ ...usage, cpuNanocores: -1 }];
    expect((await get('/nodes')).json.items).toEqual([]);
  });
});
