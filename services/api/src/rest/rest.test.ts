import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
});

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const set = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    ...spec,
  },
});
const map = (name: string, data: object = {}, metadata: object = {}) => ({ metadata: { name, ...metadata }, data });
const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

describe('a client without an identity', () => {
  it('gets health and version, and nothing else', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await api.request('GET', path, { anonymous: true })).status).toBe(200);
    }
    for (const path of ['/api', '/apis', '/api/v1/pods', '/openapi/v3', '/nothing']) {
      const { status, json } = await api.request('GET', path, { anonymous: true });
      expect([status, json.kind, json.reason]).toEqual([401, 'Status', 'Unauthorized']);
    }
  });
});

describe('the metrics of health checks', () => {
  it('count what each check has told', async () => {
    const read = async () => (await api.request('GET', '/metrics/slis')).text;
    await api.request('GET', '/readyz?exclude=ping');
    expect(await read()).toMatch(/^kubernetes_healthcheck\{name="postgres",type="readyz"\} 1$/m);
    const livez = async () =>
      Number(
        /^kubernetes_healthchecks_total\{name="ping",status="success",type="livez"\} (\d+)$/m.exec(await read())?.[1] ??
          0,
      );
    const before = await livez();
    await api.request('GET', '/livez');
    await api.request('GET', '/livez?exclude=ping');
    expect(await livez()).toBe(before + 1);
  });
});

describe('an object', () => {
  it('is created with what the system gives it, and with defaults', async () => {
    const { status, json } = await api.request('POST', SETS, { body: set('created') });
    expect(status).toBe(201);
    expect(json.metadata).toMatchObject({ name: 'created', namespace: 'default', generation: 1 });
    expect(json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(json.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(json.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(json.spec.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    expect(json.spec.template.spec.containers[0].resources).toEqual({});
  });

  it('is refused a second time, and under a path that does not exist', async () => {
    const again = await api.request('POST', SETS, { body: set('created') });
    expect([again.status, again.json.reason]).toEqual([409, 'AlreadyExists']);
    const nowhere = await api.request('POST', SETS.replace('default', 'nowhere'), { body: set('x') });
    expect([nowhere.status, nowhere.json.message]).toEqual([404, 'namespaces "nowhere" not found']);
    const missing = await api.request('GET', `${SETS}/missing`);
    expect([missing.status, missing.json.message]).toEqual([404, 'daemonsets.apps "missing" not found']);
  });

  it('conflicts when it was changed meanwhile', async () => {
    const { json: read } = await api.request('GET', `${SETS}/created`);
    read.spec.minReadySeconds = 1;
    const first = await api.request('PUT', `${SETS}/created`, { body: read });
    expect(first.json.metadata.generation).toBe(2);
    const second = await api.request('PUT', `${SETS}/created`, { body: { ...read, metadata: read.metadata } });
    expect([second.status, second.json.reason]).toEqual([409, 'Conflict']);
    expect(second.json.message).toBe(
      'Operation cannot be fulfilled on daemonsets.apps "created": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('keeps its resourceVersion when nothing changes', async () => {
    const { json: read } = await api.request('GET', `${SETS}/created`);
    const { json: put } = await api.request('PUT', `${SETS}/created`, { body: read });
    expect(put.metadata.resourceVersion).toBe(read.metadata.resourceVersion);
  });

  it('takes all kinds of patches, of itself and of its status', async () => {
    const patch = (contentType: string, body: unknown, path = '') =>
      api.request('PATCH', `${SETS}/created${path}`, { body, contentType });
    const merge = await patch('application/merge-patch+json', { metadata: { labels: { a: 'b' } } });
    expect([merge.json.metadata.labels, merge.json.metadata.generation]).toEqual([{ a: 'b' }, 2]);
    const json = await patch('application/json-patch+json', [{ op: 'remove', path: '/metadata/labels/a' }]);
    expect(json.json.metadata.labels).toBeUndefined();
    const container = { name: 'c', image: 'i:2' };
    const strategic = await patch('application/strategic-merge-patch+json', {
      spec: { template: { spec: { containers: [container] } } },
    });
    expect(strategic.json.spec.template.spec.containers).toHaveLength(1);
    expect(strategic.json.spec.template.spec.containers[0].image).toBe('i:2');
    const status = await patch('application/merge-patch+json', { status: { numberReady: 3 }, spec: null }, '/status');
    expect([status.json.status.numberReady, status.json.metadata.generation]).toEqual([3, 3]);
    const labelled = { metadata: { labels: { seen: 'yes' } }, spec: { minReadySeconds: 99 } };
    const marked = await patch('application/merge-patch+json', labelled, '/status');
    expect([marked.json.metadata.labels.seen, marked.json.metadata.generation]).toEqual(['yes', 3]);
    expect(marked.json.spec.minReadySeconds).not.toBe(99);
    expect((await patch('text/plain', {})).status).toBe(415);
  });

  it('is checked, with every fault and its path', async () => {
    const bad = set('bad', { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } });
    (bad.spec.template.spec as Record<string, unknown>).restartPolicy = 'Never';
    const { status, json } = await api.request('POST', SETS, { body: bad });
    expect([status, json.reason]).toEqual([422, 'Invalid']);
    expect(json.details.causes.map((cause: { field: string }) => cause.field).sort()).toEqual([
      'spec.template.spec.restartPolicy',
      'spec.updateStrategy.rollingUpdate.maxUnavailable',
    ]);
    const extra = { ...set('extra'), spec: { ...set('extra').spec, replicas: 1 } };
    const strict = await api.request('POST', `${SETS}?fieldValidation=Strict`, { body: extra });
    expect([strict.status, strict.json.message]).toEqual([
      400,
      'DaemonSet in version "v1" cannot be handled as a DaemonSet: strict decoding error: unknown field "spec.replicas"',
    ]);
    const warned = await api.request('POST', `${SETS}?dryRun=All`, { body: extra });
    expect([warned.status, warned.headers.warning]).toEqual([201, '299 - "unknown field \\"spec.replicas\\""']);
    expect((await api.request('GET', `${SETS}/extra`)).status).toBe(404);
  });

  it('gets a name where it asks for one', async () => {
    const { json } = await api.request('POST', MAPS, { body: { metadata: { generateName: 'made-' } } });
    expect(json.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('may be sent and asked for as YAML, and compressed', async () => {
    const body = 'metadata:\n  name: yaml\ndata:\n  key: value\n';
    const { status, text } = await api.request('POST', MAPS, {
      body,
      contentType: 'application/yaml',
      accept: 'application/yaml',
    });
    expect([status, text]).toEqual([201, expect.stringContaining('key: value')]);
    await api.request('POST', MAPS, { body: map('large', { text: 'x'.repeat(200_000) }) });
    const { headers } = await api.request('GET', MAPS, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    await api.request('DELETE', `${MAPS}/large`);
  });
});

describe('deleting', () => {
  it('answers with a Status, and waits for finalizers', async () => {
    await api.request('POST', MAPS, { body: map('held', {}, { finalizers: ['example.com/hold'] }) });
    const held = await api.request('DELETE', `${MAPS}/held`);
    expect(held.json.metadata.deletionTimestamp).toBeDefined();
    const freed = await api.request('PATCH', `${MAPS}/held`, {
      body: { metadata: { finalizers: null } },
      contentType: 'application/merge-patch+json',
    });
    expect(freed.status).toBe(200);
    expect((await api.request('GET', `${MAPS}/held`)).status).toBe(404);
    await api.request('POST', MAPS, { body: map('plain') });
    const plain = await api.request('DELETE', `${MAPS}/plain`);
    expect(plain.json).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'plain', kind: 'configmaps' },
    });
  });

  it('is graceful for a pod that a node runs, and may only be hurried', async () => {
    await api.request('POST', PODS, { body: pod('graceful', { nodeName: 'n1', terminationGracePeriodSeconds: 40 }) });
    const first = await api.request('DELETE', `${PODS}/graceful`);
    expect(first.json.metadata.deletionGracePeriodSeconds).toBe(40);
    const longer = await api.request('DELETE', `${PODS}/graceful?gracePeriodSeconds=100`);
    expect(longer.json.metadata.deletionGracePeriodSeconds).toBe(40);
    const now = await api.request('DELETE', `${PODS}/graceful?gracePeriodSeconds=0`);
    expect(now.status).toBe(200);
    expect((await api.request('GET', `${PODS}/graceful`)).status).toBe(404);
  });

  it('keeps to its preconditions, and marks what the collector is to do', async () => {
    const { json } = await api.request('POST', SETS, { body: set('foreground') });
    const other = await api.request('DELETE', `${SETS}/foreground`, { body: { preconditions: { uid: 'other' } } });
    expect([other.status, other.json.reason]).toEqual([409, 'Conflict']);
    const marked = await api.request('DELETE', `${SETS}/foreground`, {
      body: { preconditions: { uid: json.metadata.uid }, propagationPolicy: 'Foreground' },
    });
    expect(marked.json.metadata.finalizers).toEqual(['foregroundDeletion']);
  });

  it('takes a whole collection, by label', async () => {
    for (const name of ['c1', 'c2'])
      await api.request('POST', MAPS, { body: map(name, {}, { labels: { go: 'yes' } }) });
    const { json } = await api.request('DELETE', `${MAPS}?labelSelector=go%3Dyes`);
    expect(json.items).toHaveLength(2);
    expect((await api.request('GET', `${MAPS}?labelSelector=go`)).json.items).toEqual([]);
  });
});

describe('listing', () => {
  it('shows tables and metadata alone', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { json: table } = await api.request('GET', `${SETS}/created`, { accept });
    expect(table.columnDefinitions.map((column: { name: string }) => column.name).slice(0, 7)).toEqual([
      'Name',
      'Desired',
      'Current',
      'Ready',
      'Up-to-date',
      'Available',
      'Node Selector',
    ]);
    expect(table.rows[0].object.kind).toBe('PartialObjectMetadata');
    const { json } = await api.request('GET', MAPS, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    expect([json.kind, json.items[0].data]).toEqual(['PartialObjectMetadataList', undefined]);
  });

  it('has the service by which a cluster is known', async () => {
    const at = '/api/v1/namespaces/default/services';
    const { json } = await api.request('GET', `${at}/kubernetes`);
    expect(json.spec).toMatchObject({ type: 'ClusterIP', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] });
  });

  it('refuses what it does not speak', async () => {
    expect((await api.request('GET', MAPS, { accept: 'text/html' })).status).toBe(406);
    const cbor = await api.request('POST', MAPS, { body: 'k8s', contentType: 'application/cbor' });
    expect(cbor.status).toBe(415);
    expect((await api.request('POST', `${MAPS}/x`, { body: {} })).status).toBe(405);
    const large = await api.request('POST', MAPS, { body: map('x', { a: 'x'.repeat(3.5 * 1024 * 1024) }) });
    expect([large.status, large.json.reason]).toEqual([413, 'RequestEntityTooLarge']);
  });
});

describe('discovery', () => {
  it('tells what is served, in the old form and the new', async () => {
    const { json } = await api.request('GET', '/apis/apps/v1');
    expect(json.resources.map((resource: { name: string }) => resource.name)).toContain('daemonsets/status');
    for (const version of ['v2', 'v2beta1']) {
      const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
      const answer = await api.request('GET', '/apis', { accept });
      expect(answer.json.apiVersion).toBe(`apidiscovery.k8s.io/${version}`);
      const headers = { 'if-none-match': String(answer.headers.etag) };
      expect((await api.request('GET', '/apis', { accept, headers })).status).toBe(304);
    }
    const index = JSON.parse((await api.request('GET', '/openapi/v3')).text);
    const { json: document } = await api.request('GET', index.paths['apis/apps/v1'].serverRelativeURL);
    expect(document.components.schemas).toHaveProperty(['io.k8s.api.apps.v1.DaemonSet']);
  });

  it('shows events under both of their groups', async () => {
    const event = {
      metadata: { name: 'e1' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Tested',
      message: 'a test',
      type: 'Normal',
    };
    await api.request('POST', '/api/v1/namespaces/default/events', { body: event });
    const { json } = await api.request('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e1');
    expect(json).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'a test', regarding: { name: 'p' } });
  });
});

describe('whatever is sent', () => {
  const path = fc.oneof(
    fc.constantFrom(
      MAPS,
      SETS,
      PODS,
      `${SETS}/created`,
      `${SETS}/created/status`,
      `${PODS}/x/eviction`,
      '/api/v1/nodes',
      '/apis/x',
    ),
    fc.webPath().map((tail) => `/api/v1${tail}`),
  );
  const query = fc.oneof(
    fc.constantFrom(
      '',
      'limit=x',
      'resourceVersion=-1',
      'labelSelector=%3D',
      'continue=e30',
      'dryRun=1',
      'fieldValidation=?',
    ),
    fc.webQueryParameters(),
  );
  const body = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom('{"metadata":null}', '{"metadata":{"name":1}}', '[]', 'null'),
  );
  const type = fc.constantFrom(
    'application/json',
    'application/yaml',
    'application/merge-patch+json',
    'application/json-patch+json',
    'application/strategic-merge-patch+json',
    'text/plain',
  );

  it('is answered with an object or a Status, and never with a fault of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
        path,
        query,
        body,
        type,
        async (method, where, search, text, contentType) => {
          if (/watch/.test(search)) return;
          const answer = await api.request(method, `${where}?${search}`, {
            ...(method !== 'GET' && { body: text }),
            contentType,
          });
          expect(answer.status, answer.text).toBeLessThan(500);
          // Upstream's answer to a path of no group.
          if (answer.text === '404 page not found\n') return;
          if (answer.status >= 400)
            expect(answer.json).toMatchObject({ kind: 'Status', status: 'Failure', code: answer.status });
        },
      ),
      propertyRuns(300),
    );
  });
});
