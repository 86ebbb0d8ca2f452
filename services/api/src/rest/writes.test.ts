import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

/** Answers to writes, in upstream's words. The objects of a table are made before it and left as they are. */
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

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

const map = (name: string, metadata: object = {}, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...rest,
});

const create = async (name: string, metadata: object = {}, rest: object = {}) =>
  (await api.request('POST', MAPS, { body: map(name, metadata, rest) })).json;

const patch = (name: string, body: unknown, contentType = MERGE, query = '') =>
  api.request('PATCH', `${MAPS}/${name}${query}`, { body, contentType });

describe('a create', () => {
  const unread = 'the object provided is unrecognized (must be of type ConfigMap): ';
  it.each<[string, string, unknown, number, string]>([
    [
      'another namespace',
      MAPS,
      map('a', { namespace: 'x' }),
      400,
      'the namespace of the provided object does not match',
    ],
    [
      'a resourceVersion',
      MAPS,
      map('a', { resourceVersion: '5' }),
      400,
      'resourceVersion should not be set on objects to',
    ],
    ['no such namespace', '/api/v1/namespaces/no/configmaps', map('a'), 404, 'namespaces "no" not found'],
    [
      'another kind',
      MAPS,
      { ...map('a'), kind: 'Secret' },
      400,
      'converting (v1.Secret) to (core.ConfigMap): unknown conv',
    ],
    [
      'another version',
      MAPS,
      { ...map('a'), apiVersion: 'v2' },
      400,
      'no kind "ConfigMap" is registered for version "v2"',
    ],
    [
      'no body',
      MAPS,
      '',
      400,
      `${unread}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    ],
    [
      'no name',
      MAPS,
      map(''),
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'bad dryRun',
      `${MAPS}?dryRun=x`,
      map('a'),
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ',
    ],
    [
      'two bad parameters',
      `${MAPS}?fieldValidation=x&fieldManager=a%01`,
      map('a'),
      422,
      'is invalid: [fieldManager: Invalid value: "a\\x01": invalid character U+0001 (at position 1), fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"]',
    ],
    [
      'a long manager',
      `${MAPS}?fieldManager=${'x'.repeat(129)}`,
      map('a'),
      422,
      'fieldManager: Too long: may not be more than 128',
    ],
    [
      'deep nesting',
      MAPS,
      `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      400,
      "json parse error: invalid character '[' exceeded max depth",
    ],
    [
      '3 MiB and more',
      MAPS,
      map('a', {}, { data: { a: 'x'.repeat(3 << 20) } }),
      413,
      'Request entity too large: limit is 3145728',
    ],
    [
      '2 MiB of data',
      MAPS,
      map('a', {}, { data: { a: 'x'.repeat(2 << 20) } }),
      422,
      'Too long: may not be more than 1048576 bytes',
    ],
  ])('with %s is refused', async (_what, path, body, code, message) => {
    const { json } = await api.request('POST', path, { body });
    expect([json.code, json.message]).toEqual([code, expect.stringContaining(message)]);
    // A request that cannot be read says nothing of an object.
    expect('details' in json).toBe(code !== 400 && code !== 413);
  });

  it('keeps none of the system’s fields that a client sends, and drops owners that are named twice', async () => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
    const system = { uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z', deletionTimestamp: '2020-01-01T00:00:00Z' };
    const metadata = { ...system, selfLink: '/x', ownerReferences: [owner, owner] };
    const { json, headers } = await api.request('POST', MAPS, { body: map('system', metadata) });
    expect(json.metadata).toMatchObject({ ownerReferences: [owner] });
    for (const [field, sent] of Object.entries(system)) expect(json.metadata[field]).not.toBe(sent);
    expect(json.metadata.selfLink).toBeUndefined();
    expect(headers.warning).toContain('duplicate UID(s) observed: u');
  });

  it('of a cluster-scoped object forgets its namespace, and in a dry run has no resourceVersion', async () => {
    const body = { metadata: { name: 'dry', namespace: 'x' } };
    const { status, json } = await api.request('POST', '/api/v1/namespaces?dryRun=All', { body });
    expect([status, json.metadata.namespace, json.metadata.resourceVersion]).toEqual([201, undefined, undefined]);
    expect((await api.request('GET', '/api/v1/namespaces/dry')).status).toBe(404);
  });

  it('warns of each fault in a header of its own, in the order of the text, each once', async () => {
    const body =
      '{"metadata":{"name":"warned","name":"warned","foo":1},"data":{"a":"1","a":"2"},"b\u00e9":1,"bé":1,"x\\n\\"":1}';
    const { headers } = await api.request('POST', `${MAPS}?dryRun=All`, { body });
    expect(Buffer.from(String(headers.warning), 'latin1').toString()).toBe(
      [
        String.raw`299 - "duplicate field \"metadata.name\""`,
        String.raw`299 - "unknown field \"metadata.foo\""`,
        String.raw`299 - "duplicate field \"data.a\""`,
        String.raw`299 - "unknown field \"bé\""`,
        String.raw`299 - "unknown field \"x\\n\\\"\""`,
      ].join(', '),
    );
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`unknown-${at}`, 1]));
    const limited = await api.request('POST', `${MAPS}?dryRun=All`, { body: { ...map('many'), ...many } });
    expect(limited.status).toBe(201);
    expect(String(limited.headers.warning).length).toBeLessThan(8000);
  });

  it('in YAML tells keys that stand twice by their lines', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: why\n  name: why\nfoo: 1\n';
    const send = (query: string) => api.request('POST', `${MAPS}${query}`, { body, contentType: 'application/yaml' });
    expect((await send('?fieldValidation=Strict')).json.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n' +
        '  line 5: key "name" already set in map, unknown field "foo"',
    );
    expect((await send('?dryRun=All')).headers.warning).toBe(
      String.raw`299 - "line 5: key \"name\" already set in map", 299 - "unknown field \"foo\""`,
    );
  });

  it('in a namespace that goes is forbidden, from the moment the deletion is answered', async () => {
    await api.request('POST', '/api/v1/namespaces', { body: { metadata: { name: 'going' } } });
    await api.request('DELETE', '/api/v1/namespaces/going');
    const { json } = await api.request('POST', '/api/v1/namespaces/going/configmaps', {
      body: { metadata: { generateName: 'g-' } },
    });
    const message =
      'configmaps "g-" is forbidden: unable to create new content in namespace going because it is being terminated';
    expect(json).toMatchObject({
      code: 403,
      message,
      details: {
        name: 'g-',
        kind: 'configmaps',
        causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }],
      },
    });
  });
});

describe('an update', () => {
  beforeAll(() => create('put', {}, { data: { a: '1' } }));

  it.each<[string, string, object, number, string]>([
    ['of nothing', 'none', map('none'), 404, 'configmaps "none" not found'],
    [
      'of nothing with a uid',
      'none',
      map('none', { uid: 'u' }),
      409,
      'StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/none, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: ',
    ],
    [
      'with another uid',
      'put',
      map('put', { uid: 'u' }),
      409,
      'Precondition failed: UID in precondition: u, UID in object',
    ],
    [
      'with another name',
      'put',
      map('other'),
      400,
      'the name of the object (other) does not match the name on the URL (put)',
    ],
    [
      'without a name',
      'put',
      {},
      400,
      'the name of the object (put based on URL) was undeterminable: name must be provided',
    ],
    [
      'in another namespace',
      'put',
      map('put', { namespace: 'x' }),
      400,
      'the namespace of the provided object does not match',
    ],
    [
      'of a stale version',
      'put',
      map('put', { resourceVersion: '1' }),
      409,
      'the object has been modified; please apply your',
    ],
    ['with no number for a version', 'put', map('put', { resourceVersion: 'x' }), 422, 'parsing "x": invalid syntax'],
    [
      'that marks it as deleted',
      'put',
      map('put', { deletionTimestamp: '2020-01-01T00:00:00Z', creationTimestamp: '2020-01-01T00:00:00Z' }),
      422,
      'ConfigMap "put" is invalid: metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable',
    ],
    [
      'with an owner of fields that cannot be',
      'put',
      map('put', {
        managedFields: [
          {
            manager: 'm'.repeat(129),
            operation: 'Update',
            apiVersion: 'v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:metadata': { 'f:labels': { 'f:none': {} } } },
          },
        ],
      }),
      422,
      'metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
    ],
  ])('%s is refused', async (_what, name, body, code, message) => {
    const { json } = await api.request('PUT', `${MAPS}/${name}`, { body });
    expect([json.code, json.message]).toEqual([code, expect.stringContaining(message)]);
  });

  it('changes neither creation time nor generation', async () => {
    const { json: before } = await api.request('GET', `${MAPS}/put`);
    const metadata = { creationTimestamp: '2020-01-01T00:00:00Z', generation: 9, labels: { a: 'b' } };
    const { json } = await api.request('PUT', `${MAPS}/put`, { body: map('put', metadata) });
    expect(json.metadata).toMatchObject({ creationTimestamp: before.metadata.creationTimestamp, labels: { a: 'b' } });
    expect(json.metadata.generation).toBeUndefined();
  });

  it('creates some kinds, and wants the version of some', async () => {
    const put = (path: string, body: object) => api.request('PUT', path, { body });
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const event = { involvedObject: { kind: 'Pod', namespace: 'default' } };
    const created = await Promise.all([
      put(`${LEASES}/l`, { metadata: { name: 'l', resourceVersion: '7' }, spec: {} }),
      put('/api/v1/namespaces/default/events/e', { metadata: { name: 'e' }, ...event }),
      put(`${rbac}/clusterroles/r`, { metadata: { name: 'r' } }),
      put(`${rbac}/namespaces/default/roles/r`, { metadata: { name: 'r' } }),
      put('/apis/policy/v1/namespaces/default/poddisruptionbudgets/b', { metadata: { name: 'b' } }),
      put('/api/v1/nodes/n', { metadata: { name: 'n' } }),
    ]);
    expect(created.map(({ status }) => status)).toEqual([201, 201, 201, 201, 404, 404]);
    const { json } = await put(`${LEASES}/l`, { metadata: { name: 'l' }, spec: {} });
    expect(json).toMatchObject({
      code: 422,
      message:
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
  });
});

describe('a patch', () => {
  beforeAll(() => create('patched', { labels: { a: 'b' } }, { data: { a: '1' } }));

  const generic = 'the server rejected our request due to an error in our request';
  it.each<[string, unknown, string, number, string]>([
    ['of another type', {}, 'text/plain', 415, '415: Unsupported Media Type'],
    ['that is no JSON', '{', MERGE, 400, 'error decoding patch: unexpected end of JSON input'],
    [
      'that is no map',
      [],
      MERGE,
      400,
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]',
    ],
    [
      'that is no list',
      {},
      JSON_PATCH,
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []',
    ],
    ['whose test fails', [{ op: 'test', path: '/data/a', value: '2' }], JSON_PATCH, 422, generic],
    ['that removes nothing', [{ op: 'remove', path: '/data/b' }], JSON_PATCH, 422, generic],
    [
      'of a name',
      { metadata: { name: 'x' } },
      MERGE,
      400,
      'the name of the object (x) does not match the name on the URL (patched)',
    ],
    ['that takes the name', { metadata: { name: null } }, MERGE, 400, 'was undeterminable: name must be provided'],
    [
      'of a namespace',
      { metadata: { namespace: 'x' } },
      MERGE,
      400,
      'the namespace of the provided object does not match',
    ],
    ['of a uid', { metadata: { uid: 'x' } }, MERGE, 422, 'metadata.uid: Invalid value: "x": field is immutable'],
    ['of a stale version', { metadata: { resourceVersion: '1' } }, MERGE, 409, 'the object has been modified'],
    [
      'of a wrong type',
      { data: { a: 1 } },
      STRATEGIC,
      422,
      ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string',
    ],
    [
      'of a list for a text',
      { metadata: { labels: { a: [] } } },
      STRATEGIC,
      422,
      ' "" is invalid: patch: Invalid value: "map[metadata:map[labels:map[a:[]]]]": unrecognized type: string',
    ],
    [
      'of a list for a map',
      { data: [] },
      STRATEGIC,
      422,
      ' "" is invalid: patch: Invalid value: "map[data:[]]": cannot restore map from slice',
    ],
    [
      'with directives in a map that is new',
      { metadata: { annotations: { $retainKeys: ['x'], x: '1' } } },
      STRATEGIC,
      422,
      'Invalid value: "map[metadata:map[annotations:map[$retainKeys:[x] x:1]]]": unrecognized type: string',
    ],
    ['that is large and no JSON', `{${'"a":1,'.repeat(3000)}`, MERGE, 400, 'error decoding patch: '],
    ['of the kind', { kind: 'Secret' }, MERGE, 422, ': converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
    ['with unknown fields', { x: 1 }, STRATEGIC, 422, '"map[x:1]": strict decoding error: unknown field "x"'],
    [
      'with doubled fields',
      '{"data":{"a":"1","a":"1"}}',
      MERGE,
      422,
      ': strict decoding error: duplicate field "data.a"',
    ],
    [
      'with doubled fields in an operation',
      '[{"op":"test","op":"test","path":"/data/a","value":"1"}]',
      JSON_PATCH,
      422,
      'strict decoding error: json patch duplicate field "[0].op"',
    ],
  ])('%s is refused', async (_what, body, contentType, code, message) => {
    const { json } = await patch('patched', body, contentType, '?fieldValidation=Strict');
    expect([json.code, json.message]).toEqual([code, expect.stringContaining(message)]);
    expect(json.details).toEqual(
      message === generic || code === 415 ? {} : code === 400 ? undefined : expect.anything(),
    );
  });

  it('of too many operations is refused by their number', async () => {
    const { json } = await patch('patched', JSON.stringify(Array.from({ length: 10_001 }, () => ({}))), JSON_PATCH);
    const message = 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001';
    expect(json).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge', message });
  });

  it('of nothing is 404, and force is for applies', async () => {
    expect((await patch('none', {})).json.message).toBe('configmaps "none" not found');
    expect((await patch('patched', {}, MERGE, '?force=true')).json.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  });

  it('may leave system fields out, and counts list items from the end', async () => {
    const { json: before } = await api.request('GET', `${MAPS}/patched`);
    const { json } = await patch('patched', {
      metadata: { creationTimestamp: null, uid: null, resourceVersion: null },
    });
    expect(json.metadata).toEqual(before.metadata);
    await create('finalized', { finalizers: ['a/a', 'b/b'] });
    const { json: left } = await patch('finalized', [{ op: 'remove', path: '/metadata/finalizers/-1' }], JSON_PATCH);
    expect(left.metadata.finalizers).toEqual(['a/a']);
  });
});

describe('a delete', () => {
  let made: { metadata: { uid: string; resourceVersion: string } };
  beforeAll(async () => {
    made = await create('kept');
  });

  it.each<[string, string, unknown, number, string]>([
    [
      'with both ways to orphan',
      '',
      { propagationPolicy: 'Orphan', orphanDependents: true },
      422,
      'cannot be both set',
    ],
    [
      'with an unknown policy and dry run',
      '',
      { propagationPolicy: 'X', dryRun: ['X'] },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: [propagationPolicy: Unsupported value: "X": supported values: "Foreground", "Background", "Orphan", "nil", dryRun: Unsupported value: ["X"]: supported values: "All"]',
    ],
    ['with the same in the query', '?propagationPolicy=X', undefined, 422, 'propagationPolicy: Unsupported value: "X"'],
    [
      'with a period that is no number',
      '?gracePeriodSeconds=x',
      undefined,
      400,
      'strconv.ParseInt: parsing "x": invalid syntax',
    ],
    ['with a body that is none', '', '{"a":', 400, 'unexpected end of JSON input'],
    [
      'with a body of another kind',
      '',
      { kind: 'ConfigMap', apiVersion: 'v1' },
      400,
      'no kind "ConfigMap" is registered for version "v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"',
    ],
    [
      'with a wrong type',
      '',
      { gracePeriodSeconds: 'x' },
      400,
      'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    ],
    [
      'with a body of another form',
      '',
      { preconditions: 5 },
      400,
      'json: cannot unmarshal number into Go struct field DeleteOptions.preconditions of type v1.Preconditions',
    ],
    [
      'of another uid',
      '',
      { preconditions: { uid: 'x' } },
      409,
      'Operation cannot be fulfilled on ConfigMap "kept": the UID in the precondition (x) does not match the UID in record (',
    ],
    [
      'of another version',
      '',
      { preconditions: { resourceVersion: '1' } },
      409,
      'the ResourceVersion in the precondition (1) does not',
    ],
  ])('%s is refused', async (_what, query, body, code, message) => {
    const { json } = await api.request('DELETE', `${MAPS}/kept${query}`, { body });
    expect([json.code, json.message]).toEqual([code, expect.stringContaining(message)]);
  });

  it('that is a dry run deletes nothing, whether the query or the body asks for it', async () => {
    const dry = [
      ['', { dryRun: ['All'], gracePeriodSeconds: -1 }],
      ['?dryRun=All&gracePeriodSeconds=-1', undefined],
      ['?dryRun=All', { gracePeriodSeconds: 0 }],
      ['', { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions', dryRun: ['All'] }],
    ] as const;
    for (const [query, body] of dry) {
      const { json } = await api.request('DELETE', `${MAPS}/kept${query}`, { body });
      expect(json).toMatchObject({
        status: 'Success',
        details: { name: 'kept', kind: 'configmaps', uid: made.metadata.uid },
      });
    }
    const { json } = await api.request('GET', `${MAPS}/kept`);
    expect(json.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it.each(['default', 'kube-system', 'kube-public'])('of the namespace %s is forbidden', async (name) => {
    const { json } = await api.request('DELETE', `/api/v1/namespaces/${name}`);
    expect([json.code, json.message]).toEqual([
      403,
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    ]);
  });

  it('of a namespace marks it, again and again', async () => {
    await api.request('POST', '/api/v1/namespaces', { body: { metadata: { name: 'marked' } } });
    const first = await api.request('DELETE', '/api/v1/namespaces/marked');
    expect(first.json.status).toEqual({ phase: 'Terminating' });
    expect(first.json.metadata).not.toHaveProperty('deletionGracePeriodSeconds');
    const second = await api.request('DELETE', '/api/v1/namespaces/marked');
    expect([second.status, second.json.metadata]).toEqual([200, first.json.metadata]);
  });

  it('of what waits answers with the object, and 202 to the old question', async () => {
    await create('waits', { finalizers: ['a/a'] });
    const { status, json } = await api.request('DELETE', `${MAPS}/waits`, { body: { orphanDependents: false } });
    expect([status, json.metadata.deletionGracePeriodSeconds]).toEqual([202, 0]);
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await api.request('POST', accounts, { body: { metadata: { name: 'sa' } } });
    expect((await api.request('DELETE', `${accounts}/sa`)).json).toMatchObject({ kind: 'ServiceAccount' });
  });

  it('of a pod may shorten its period again and again, and ends it with a negative one', async () => {
    const body = { metadata: { name: 'graceful' }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] } };
    await api.request('POST', PODS, { body });
    const asked = async (query: string) =>
      (await api.request('DELETE', `${PODS}/graceful${query}`)).json.metadata.deletionGracePeriodSeconds;
    expect(await asked('')).toBe(30);
    expect(await asked('?gracePeriodSeconds=50')).toBe(30);
    expect(await asked('?gracePeriodSeconds=10')).toBe(10);
    expect(await asked('?gracePeriodSeconds=-1')).toBe(1);
    expect(await asked('?gracePeriodSeconds=0')).toBe(0);
    expect((await api.request('GET', `${PODS}/graceful`)).status).toBe(404);
  });

  it('of a collection takes a page where there is a limit, and shows what it was', async () => {
    for (const name of ['c1', 'c2', 'c3']) await create(name, { labels: { go: 'yes' } });
    const dry = await api.request('DELETE', `${MAPS}?labelSelector=go&dryRun=All`);
    expect(dry.json.items).toHaveLength(3);
    const page = await api.request('DELETE', `${MAPS}?labelSelector=go&limit=2`);
    const names = (json: { items: { metadata: { name: string } }[] }) =>
      json.items.map(({ metadata }) => metadata.name);
    expect([names(page.json), page.json.metadata.continue]).toEqual([['c1', 'c2'], expect.any(String)]);
    expect(names((await api.request('GET', `${MAPS}?labelSelector=go`)).json)).toEqual(['c3']);
    expect((await api.request('DELETE', `${MAPS}?dryRun=x`)).status).toBe(422);
  });
});

describe('admission', () => {
  const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';
  const pod = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  });
  const createPod = (name: string, spec: object = {}) => api.request('POST', PODS, { body: pod(name, spec) });

  it('gives pods an account, a priority, and time on nodes that fail', async () => {
    const { json } = await createPod('admitted', {
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
    });
    expect(json.spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(json.spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
    expect(json).not.toHaveProperty('tolerations');
  });

  it('refuses priorities that no class gives, and takes the one class for all', async () => {
    const own = await createPod('own', { priority: 7 });
    expect([own.status, own.json.message]).toEqual([
      403,
      'pods "own" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ]);
    const everyday = { metadata: { name: 'everyday' }, value: 5, globalDefault: true, preemptionPolicy: 'Never' };
    await api.request('POST', CLASSES, { body: everyday });
    await eventually(async () => {
      const { json } = await api.request('POST', `${PODS}?dryRun=All`, { body: pod('later') });
      expect(json.spec).toMatchObject({ priorityClassName: 'everyday', priority: 5, preemptionPolicy: 'Never' });
    });
    const second = await api.request('POST', CLASSES, { body: { ...everyday, metadata: { name: 'second' } } });
    expect([second.status, second.json.message]).toEqual([
      403,
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass everyday is already marked as default. Only one default can exist',
    ]);
    await api.request('POST', CLASSES, { body: { metadata: { name: 'third' }, value: 5 } });
    const asDefault = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'third' },
      value: 5,
    };
    for (const contentType of [MERGE, 'application/apply-patch+yaml']) {
      const body = JSON.stringify({ ...asDefault, globalDefault: true });
      const third = await api.request('PATCH', `${CLASSES}/third?fieldManager=t`, { body, contentType });
      expect([contentType, third.status, third.json.reason]).toEqual([contentType, 403, 'Forbidden']);
    }
    await api.request('DELETE', `${CLASSES}/everyday`);
  });

  it('lets no status say that a namespace goes', async () => {
    const { json } = await api.request('PATCH', '/api/v1/namespaces/default/status', {
      body: { status: { phase: 'Terminating' }, spec: { finalizers: [] } },
      contentType: MERGE,
    });
    expect([json.code, json.message]).toEqual([
      422,
      'Namespace "default" is invalid: status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ]);
  });
});

describe('an object that etcd would not take', () => {
  const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
  const MIB = 1024 * 1024;
  /** Of about this many bytes. */
  const daemonSet = (name: string, bytes: number) => ({
    metadata: { name },
    spec: {
      selector: { matchLabels: { name } },
      template: {
        metadata: { labels: { name } },
        spec: { containers: [{ name: 'c', image: 'i', args: ['x'.repeat(bytes)] }] },
      },
    },
  });
  const message = 'etcdserver: request is too large';

  it('is refused when it is made, and when it grows', async () => {
    const large = await api.request('POST', SETS, { body: daemonSet('large', 1.5 * MIB) });
    expect(large.json).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge', message });
    const { status } = await api.request('POST', SETS, { body: daemonSet('fits', 1.4 * MIB) });
    expect(status).toBe(201);
    const args = ['x'.repeat(1.5 * MIB)];
    const grown = await api.request('PATCH', `${SETS}/fits`, {
      body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'i', args }] } } } },
      contentType: MERGE,
    });
    expect(grown.json).toMatchObject({ code: 413, message });
  });

  it('has room beside the generation that the server keeps among annotations', async () => {
    const annotations = { a: 'x'.repeat(256 * 1024 - 1) };
    const path = `${SETS}?dryRun=All`;
    const body = daemonSet('annotated', 1);
    const full = await api.request('POST', path, { body: { ...body, metadata: { name: 'annotated', annotations } } });
    expect(full.status).toBe(201);
    const more = { ...annotations, b: '' };
    const over = await api.request('POST', path, {
      body: { ...body, metadata: { name: 'annotated', annotations: more } },
    });
    expect(over.json.message).toContain('metadata.annotations: Too long: may not be more than 262144 bytes');
  });
});
