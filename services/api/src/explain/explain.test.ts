import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

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
    // As the controller of nodes does once they are Ready.
    const headers = { 'content-type': 'application/merge-patch+json' };
    await api.request('PATCH', `/api/v1/nodes/${name}`, { body: { spec: { taints: null } }, headers });
  }
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

describe('explain', () => {
  it('says in a sentence what a manifest would do, and a dry run is not warned of it', async () => {
    const planned = await api.request('POST', EXPLAIN, { body: manifest({ disk: 'ssd' }) });
    expect(planned.json.summary).toBe('this would start a pod on 1 node (fast)');
    const dry = await api.request('POST', `${SETS}?dryRun=All`, { body: manifest({ disk: 'ssd' }) });
    expect([dry.status, dry.headers.warning]).toEqual([201, undefined]);
    expect((await api.request('GET', `${SETS}/d`)).status).toBe(404);
    const real = await api.request('POST', SETS, { body: manifest({ disk: 'ssd' }) });
    expect([real.status, real.headers.warning]).toEqual([201, undefined]);
    const patched = await api.request('PATCH', `${SETS}/d?dryRun=All`, {
      body: { spec: { template: { spec: { nodeSelector: null } } } },
      contentType: 'application/merge-patch+json',
    });
    expect([patched.status, patched.headers.warning]).toEqual([200, undefined]);
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

  it('explains a manifest that is not applied yet, and writes nothing', async () => {
    const { json, status } = await api.request('POST', EXPLAIN, { body: manifest({}) });
    expect(status).toBe(200);
    expect(json.change).toEqual({ gain: ['fast', 'slow'], lose: [], restart: [] });
    expect(json.summary).toBe('this would start a pod on 2 nodes (fast, slow)');
    expect(json.nodes.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['create', 'create']);
    const stored = await api.request('GET', `${SETS}/d`);
    expect(stored.json.spec.template.spec.nodeSelector).toEqual({ disk: 'ssd' });
    const other = { ...manifest({ disk: 'hdd' }), metadata: { name: 'other' } };
    expect((await api.request('POST', EXPLAIN, { body: other })).json.change.gain).toEqual(['slow']);
    expect((await api.request('GET', `${SETS}/other`)).status).toBe(404);
    const wrong = { ...other, spec: { ...other.spec, minReadySeconds: -1 } };
    expect((await api.request('POST', EXPLAIN, { body: wrong })).json).toMatchObject({ code: 422, reason: 'Invalid' });
  });
});

describe('what admission adds', () => {
  const planned = async (spec: object) => {
    const { template, ...rest } = manifest({ disk: 'ssd' }).spec;
    const body = {
      ...manifest({}),
      metadata: { name: 'planned' },
      spec: { ...rest, template: { ...template, spec: { ...template.spec, ...spec } } },
    };
    const { json } = await api.request('POST', EXPLAIN, { body });
    return json.nodes.find(({ node }: { node: string }) => node === 'fast');
  };

  it('is a reason to be refused', async () => {
    expect(await planned({ priorityClassName: 'none' })).toMatchObject({
      outcome: 'wait',
      reason:
        'the node is eligible, and its pod is refused: pods "planned-" is forbidden: no PriorityClass with name none was found',
    });
    expect((await planned({ runtimeClassName: 'none' })).reason).toContain('RuntimeClass "none" not found');
  });

  it('takes room, and needs labels: the defaults of a limit range, and a runtime class', async () => {
    const limits = [{ type: 'Container', defaultRequest: { cpu: '2' } }];
    const ranges = '/api/v1/namespaces/default/limitranges';
    await api.request('POST', ranges, { body: { metadata: { name: 'l' }, spec: { limits } } });
    await eventually(async () => expect((await planned({})).reason).toContain('it will be Pending: Insufficient cpu'));
    await api.request('DELETE', `${ranges}/l`);
    const runtimeClass = {
      metadata: { name: 'sandbox' },
      handler: 'sandbox',
      overhead: { podFixed: { memory: '1Gi' } },
      scheduling: { nodeSelector: { sandbox: 'yes' } },
    };
    await api.request('POST', '/apis/node.k8s.io/v1/runtimeclasses', { body: runtimeClass });
    await eventually(async () =>
      expect((await planned({ runtimeClassName: 'sandbox' })).reason).toBe(
        "the node is eligible and has no pod; it will be Pending: node(s) didn't match Pod's node affinity/selector, Insufficient memory",
      ),
    );
  });
});

describe('annotations of ours', () => {
  const annotated = (annotations: Record<string, string>) => ({
    ...manifest({}),
    metadata: { name: 'annotated', annotations },
  });

  it.each([
    [{ 'everynode.io/partition': 'some' }, 'metadata.annotations[everynode.io/partition]'],
    [
      { 'everynode.io/resource-overrides': '- {nodeSelector: a, containers: {other: {}}}' },
      'metadata.annotations[everynode.io/resource-overrides]',
    ],
    [
      {
        'everynode.io/resource-overrides':
          '- {nodeSelector: a, containers: {c: {requests: {cpu: 2}, limits: {cpu: 1}}}}',
      },
      'metadata.annotations[everynode.io/resource-overrides]',
    ],
  ])('that cannot be read are refused: %j', async (annotations, field) => {
    const { json } = await api.request('POST', SETS, { body: annotated(annotations) });
    expect(json).toMatchObject({ code: 422, details: { causes: [{ field, reason: 'FieldValueInvalid' }] } });
  });

  it('that mean nothing are warned of', async () => {
    const { status, headers } = await api.request('POST', SETS, { body: annotated({ 'everynode.io/pause': 'true' }) });
    expect([status, headers.warning]).toEqual([
      201,
      '299 - "unknown annotation \\"everynode.io/pause\\" has no effect"',
    ]);
  });
});
