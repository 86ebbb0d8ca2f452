import { resources } from '@everynode/objects';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../fixtures/running-api.js';

/** Whatever comes in, the answer is a well-formed object or a Status, never an internal error, and the api lives on. */
let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
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

describe('any request', () => {
  it('gets an object or a Status, and never an internal error', { timeout: 120_000 }, async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 9, arbitrary: anything }, { weight: 1, arbitrary: likely }),
        async (request) => {
          const { method, path, query, body, contentType } = request;
          const sent = method === 'GET' ? {} : { body, contentType };
          const { status, json } = await api.request(method, query ? `${path}?${query}` : path, sent);
          seen.add(status);
          expect(status).not.toBe(500);
          if (status < 400) return;
          expect(json).toMatchObject({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code: status });
          expect(json.message).toEqual(expect.any(String));
          expect(json.reason).toEqual(expect.any(String));
        },
      ),
      { numRuns: 2000 },
    );
    // It got past the front door.
    expect([...seen]).toEqual(expect.arrayContaining([200, 201, 400, 404, 405, 415, 422]));
    expect((await api.request('GET', '/api/v1/namespaces/default')).status).toBe(200);
  });
});
