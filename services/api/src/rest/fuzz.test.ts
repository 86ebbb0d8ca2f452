import { Agent } from 'node:https';
import { resources } from '@everynode/objects';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { encodeMessage } from '../protobuf/codec.js';
import { wrap } from '../protobuf/envelope.js';

/** Whatever comes in, the answer is a well-formed object or a Status, never an internal error, and the api lives on. */
let backends: Backends;
let api: RunningApi;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await api.close();
  await backends.stop();
});

const word = fc.oneof(
  fc.constantFrom(
    'default',
    'a',
    'kube-system',
    'A%20B',
    '..',
    '%2e%2e',
    '%ff',
    '%00',
    'a'.repeat(300),
    '*',
    '-',
    '%C3%A9',
    '%7B%7D',
  ),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
);

const paths = fc
  .tuple(
    fc.constantFrom(...resources),
    word,
    word,
    fc.constantFrom('', '/status', '/binding', '/eviction', '/finalize', '/log'),
  )
  .chain(([{ group, version, plural, namespaced }, namespace, name, subresource]) => {
    const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
    const at = namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
    return fc.constantFrom(
      `${root}/${plural}`,
      at,
      `${at}/${name}`,
      `${at}/${name}${subresource}`,
      `/apis/${name}`,
      '/api/v1/x',
    );
  });

const parameter = fc.constantFrom(
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'fieldManager',
  'fieldValidation',
  'dryRun',
  'force',
  'includeObject',
  'propagationPolicy',
  'gracePeriodSeconds',
  'pretty',
);
const argument = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    'true',
    'All',
    'Strict',
    'Exact',
    'NotOlderThan',
    'a=b',
    'a in (b,c)',
    'a in (',
    '!a',
    '=',
    ',,',
    '9e99',
  ),
  fc.string({ maxLength: 20 }),
);
const queries = fc
  .array(fc.tuple(parameter, argument), { maxLength: 4 })
  .map((pairs) => pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&'));

const key = fc.constantFrom(
  'apiVersion',
  'kind',
  'metadata',
  'spec',
  'status',
  'data',
  'name',
  'namespace',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'resourceVersion',
  'containers',
  'template',
  'selector',
  'taints',
  'op',
  'path',
  'value',
  '$patch',
  '$setElementOrder/containers',
  '__proto__',
  'everynode.io/resource-overrides',
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('', 'v1', 'a', 'default', '/spec', 'replace', 'ConfigMap', 0, -1, 1.5, 1e300, null, true),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}));
/** Half of them begin as objects that would be taken. */
const bodies = fc.oneof(
  fc.json({ maxDepth: 3 }),
  tree.map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.constantFrom(...resources), word, fc.dictionary(key, tree, { maxKeys: 4 }))
    .map(([{ group, version, kind }, name, rest]) =>
      JSON.stringify({ apiVersion: group ? `${group}/${version}` : version, kind, metadata: { name }, ...rest }),
    ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('', '[]', '{', 'k8s\0', `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`, '&a [*a]', '- *x'),
);
const types = fc.constantFrom(
  'application/json',
  'application/yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
);

const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
const anything = fc.record({ method: methods, path: paths, query: queries, body: bodies, contentType: types });
/** A request that is all right but for what is strewn in. */
const likely = fc.record({
  method: fc.constant('POST'),
  path: fc.constantFrom('/api/v1/namespaces/default/configmaps', '/api/v1/nodes', '/api/v1/namespaces'),
  query: fc.constantFrom('', 'dryRun=All', 'fieldValidation=Strict'),
  body: fc
    .dictionary(key, tree, { maxKeys: 2 })
    .map((rest) =>
      JSON.stringify({ ...rest, apiVersion: undefined, kind: undefined, metadata: { generateName: 'fuzz-' } }),
    ),
  contentType: fc.constant('application/json'),
});

/** The answer to a path of no group. */
const NO_GROUP = '404 page not found\n';

describe('any request', () => {
  it('gets an object or a Status, and never an internal error', { timeout: 120_000 }, async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 9, arbitrary: anything }, { weight: 1, arbitrary: likely }),
        async (request) => {
          const { method, path, query, body, contentType } = request;
          const sent = method === 'GET' ? { agent } : { agent, body, contentType };
          const { status, json, text } = await api.request(method, query ? `${path}?${query}` : path, sent);
          seen.add(status);
          expect(status).not.toBe(500);
          if (status < 400 || text === NO_GROUP) return;
          expect(json).toMatchObject({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code: status });
          expect(json.message).toEqual(expect.any(String));
          expect(json.reason).toEqual(expect.any(String));
        },
      ),
      propertyRuns(2000),
    );
    // It got past the front door.
    expect([...seen]).toEqual(expect.arrayContaining([200, 201, 400, 404, 405, 415, 422]));
    expect((await api.request('GET', '/api/v1/namespaces/default')).status).toBe(200);
  });
});

const DAEMONS = '/apis/apps/v1/namespaces/default/daemonsets';
const MAPS = '/api/v1/namespaces/default/configmaps';
const template = {
  metadata: { labels: { app: 'd' } },
  spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1 }] }] },
};
const daemon = { metadata: { name: 'target' }, spec: { selector: { matchLabels: { app: 'd' } }, template } };

const accept = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadataList;v=v9;g=meta.k8s.io, */*;q=0.1',
    'text/html',
  ),
  fc.string({ maxLength: 30 }).filter((text) => /^[!-~]+$/.test(text)),
);

const pointer = fc.constantFrom(
  '',
  '/metadata/labels/a',
  '/metadata/name',
  '/metadata/uid',
  '/metadata/managedFields/0',
  '/data/a',
  '/data/-',
  '/spec/template/spec/containers/0',
  '/spec/template/spec/containers/-',
  '/spec/selector',
  '/a~2b',
);
const operations = fc.array(
  fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'no'),
      path: pointer,
      from: pointer,
      value: tree,
    },
    { requiredKeys: ['op'] },
  ),
  { maxLength: 4 },
);
const directives = fc.constantFrom(
  { $patch: 'replace' },
  { $patch: 'other' },
  { spec: { template: { spec: { containers: [{ name: 'c', $patch: 'delete' }] } } } },
  { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'x' }], containers: [{ name: 'x' }] } } } },
  { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
  { spec: { $retainKeys: ['template'], template: { spec: { containers: [{ image: 'no name' }] } } } },
);
const documents = fc.oneof(
  tree,
  directives,
  fc.record({ metadata: tree, spec: tree, data: tree, status: tree }, { requiredKeys: [] }),
);
const patches = fc
  .tuple(
    fc.constantFrom(`${DAEMONS}/target`, `${DAEMONS}/target/status`, `${MAPS}/target`, '/api/v1/namespaces/default'),
    fc.oneof(
      fc.tuple(fc.constant('application/json-patch+json'), operations),
      fc.tuple(fc.constantFrom('application/merge-patch+json', 'application/strategic-merge-patch+json'), documents),
      fc.tuple(fc.constant('application/apply-patch+yaml'), documents),
    ),
    fc.constantFrom('', 'fieldManager=f', 'fieldManager=f&force=true', 'fieldValidation=Strict', 'dryRun=All'),
  )
  .map(([path, [contentType, document], query]) => ({
    method: 'PATCH',
    path,
    query,
    contentType,
    body: JSON.stringify(document),
  }));

/** A proper message with some of its bytes changed, and bytes that only begin as one. */
const proper = wrap(
  { apiVersion: 'v1', kind: 'ConfigMap' },
  encodeMessage('k8s.io.api.core.v1.ConfigMap', { metadata: { generateName: 'fuzz-' }, data: { a: 'b' } }),
);
const messages = fc
  .oneof(
    fc.array(fc.tuple(fc.nat(proper.length - 1), fc.nat(255)), { maxLength: 3 }).map((changes) => {
      const bytes = Buffer.from(proper);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.concat([Buffer.from('k8s\0'), bytes])),
  )
  .map((body) => ({ method: 'POST', path: MAPS, query: '', contentType: 'application/vnd.kubernetes.protobuf', body }));

describe('patches, messages and Accept headers', () => {
  it('get an answer in an encoding that is served, and never an internal error', { timeout: 120_000 }, async () => {
    await api.request('POST', DAEMONS, { body: daemon });
    await api.request('POST', MAPS, { body: { metadata: { name: 'target' }, data: { a: 'b' } } });
    const seen = new Set<number>();
    const reads = paths.map((path) => ({ method: 'GET', path, query: '', contentType: undefined, body: undefined }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(patches, messages, reads), accept, async (request, wanted) => {
        const { method, path, query, contentType, body } = request;
        const sent = body === undefined ? {} : { body, ...(contentType !== undefined && { contentType }) };
        const { status, headers, bytes, text } = await api.request(method, `${path}?${query}`, {
          ...sent,
          agent,
          accept: wanted,
        });
        seen.add(status);
        expect(status).not.toBe(500);
        if (status < 400) return;
        const type = headers['content-type'];
        if (type === 'application/vnd.kubernetes.protobuf') expect(bytes.subarray(0, 4).toString()).toBe('k8s\0');
        else if (type === 'application/json') expect(JSON.parse(text)).toMatchObject({ kind: 'Status', code: status });
        else expect(text).toMatch(type?.startsWith('text/plain') ? NO_GROUP : /^kind: Status$/m);
      }),
      propertyRuns(800),
    );
    expect([...seen]).toEqual(expect.arrayContaining([200, 201, 400, 404, 406, 422]));
    expect((await api.request('GET', `${MAPS}/target`)).status).toBe(200);
  });
});
