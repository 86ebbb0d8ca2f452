import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../../testing/running-api.js';
import { MUTATING_BINDINGS, MUTATING_POLICIES } from './stored-policies.js';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

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

const resourceRules = [
  { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
  { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
];

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

let defined: string[] = [];

/** Stores a policy and its binding, and waits until the replica knows of both. */
async function define(name: string, mutations: object[], spec: object = {}, binding: object = {}): Promise<void> {
  const policy = {
    metadata: { name },
    spec: { matchConstraints: { resourceRules }, mutations, reinvocationPolicy: 'Never', ...spec },
  };
  const made = await api.request('POST', `${GROUP}/mutatingadmissionpolicies`, { body: policy });
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  const body = { metadata: { name }, spec: { policyName: name, ...binding } };
  expect((await api.request('POST', `${GROUP}/mutatingadmissionpolicybindings`, { body })).status).toBe(201);
  defined.push(name);
  await known();
}

const known = () =>
  eventually(() => {
    expect(api.context.reflector.cache(MUTATING_POLICIES).size).toBe(defined.length);
    expect(api.context.reflector.cache(MUTATING_BINDINGS).size).toBe(defined.length);
  });

afterEach(async () => {
  for (const name of defined) {
    await api.request('DELETE', `${GROUP}/mutatingadmissionpolicies/${name}`);
    await api.request('DELETE', `${GROUP}/mutatingadmissionpolicybindings/${name}`);
  }
  defined = [];
  await known();
  await api.request('DELETE', CONFIGMAPS);
  await api.request('DELETE', DEPLOYMENTS);
});

const create = (name: string, data: object = {}, metadata: object = {}) =>
  api.request('POST', CONFIGMAPS, { body: { metadata: { name, ...metadata }, data } });

const deploy = (containers: object[] = [{ name: 'c', image: 'i' }]) => {
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers } };
  return api.request('POST', DEPLOYMENTS, {
    body: { metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template } },
  });
};

describe('mutating admission policies', () => {
  const mutations: [string, object, object][] = [
    ['a configuration', apply('Object{data: {"b": "2"}}'), { a: '1', b: '2' }],
    ['a configuration of what the object has', apply('Object{data: {"a": object.data.a + "0"}}'), { a: '10' }],
    ['an empty configuration', apply('Object{}'), { a: '1' }],
    ['a patch', patch('[JSONPatch{op: "add", path: "/data/b", value: "2"}]'), { a: '1', b: '2' }],
    [
      'an escaped key',
      patch('[JSONPatch{op: "replace", path: "/data", value: {"k": jsonpatch.escapeKey("a/b~c")}}]'),
      { k: 'a~1b~0c' },
    ],
    [
      'a patch whose test succeeds',
      patch('[JSONPatch{op: "test", path: "/data/a", value: "1"}, JSONPatch{op: "remove", path: "/data/a"}]'),
      undefined as unknown as object,
    ],
    [
      'a patch whose test fails',
      patch('[JSONPatch{op: "remove", path: "/data/a"}, JSONPatch{op: "test", path: "/data/b", value: "1"}]'),
      { a: '1' },
    ],
    ['an empty patch', patch('[]'), { a: '1' }],
  ];
  it.each(mutations)('make %s', async (_what, mutation, data) => {
    await define('p', [mutation]);
    const { status, json } = await create('x', { a: '1' });
    expect([status, json.data]).toEqual([201, data]);
    expect((await api.request('GET', `${CONFIGMAPS}/x`)).json.data).toEqual(data);
  });

  it('merge items of lists by their keys, and set defaults', async () => {
    const sidecar = 'Object.spec.template.spec.containers{name: "s", image: "side"}';
    const named = 'Object.spec.template.spec.containers{name: "c", imagePullPolicy: "Never"}';
    const spec = `Object.spec.template.spec{containers: [${named}, ${sidecar}]}`;
    await define('p', [apply(`Object{spec: Object.spec{template: Object.spec.template{spec: ${spec}}}}`)]);
    const { status, json } = await deploy();
    expect(status).toBe(201);
    expect(json.spec.template.spec.containers).toMatchObject([
      { name: 'c', image: 'i', imagePullPolicy: 'Never' },
      { name: 's', image: 'side', terminationMessagePolicy: 'File' },
    ]);
  });

  it('meet updates and patches too', async () => {
    await create('x', { a: '1' });
    await define('p', [apply('Object{metadata: Object.metadata{labels: {"by": request.operation}}}')]);
    const merged = { body: { data: { b: '2' } }, contentType: 'application/merge-patch+json' };
    const { json } = await api.request('PATCH', `${CONFIGMAPS}/x`, merged);
    expect([json.metadata.labels, json.data]).toEqual([{ by: 'UPDATE' }, { a: '1', b: '2' }]);
  });

  it('run in the order of their names, each with what was made before', async () => {
    await define('b', [apply('Object{data: {"b": object.data.a}}')]);
    await define('a', [apply('Object{data: {"a": "1"}}'), apply('Object{data: {"a": object.data.a + "1"}}')]);
    expect((await create('x')).json.data).toEqual({ a: '11', b: '11' });
  });

  it('run again after another has changed the object, where they say so', async () => {
    const count = (name: string) => apply(`Object{data: {"seen-${name}": string(size(object.?data.orValue({})))}}`);
    await define('a', [count('a')], { reinvocationPolicy: 'IfNeeded' });
    await define('b', [count('b')]);
    expect((await create('x')).json.data).toEqual({ 'seen-a': '2', 'seen-b': '1' });
  });

  it('take conditions, variables and parameters', async () => {
    await create('given', { value: 'v' });
    await define(
      'p',
      [apply('Object{data: {"b": variables.twice}}')],
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConditions: [{ name: 'has-a', expression: 'has(object.data) && "a" in object.data' }],
        variables: [
          { name: 'once', expression: 'params.data.value' },
          { name: 'twice', expression: 'variables.once + variables.once' },
        ],
      },
      { paramRef: { name: 'given', namespace: 'default', parameterNotFoundAction: 'Deny' } },
    );
    expect((await create('x', { a: '1' })).json.data).toEqual({ a: '1', b: 'vv' });
    expect((await create('y', { c: '1' })).json.data).toEqual({ c: '1' });
  });

  const paramless = [apply('Object{data: {"a": params.data.a}}')];
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  it('refuse where parameters are missing, or go on', async () => {
    await define('p', paramless, { paramKind }, { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } });
    const { status, json } = await create('x');
    const why = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
    expect([status, json.reason, json.message]).toEqual([
      403,
      'Forbidden',
      `policy 'p' with binding 'p' denied request: ${why}`,
    ]);
  });

  it('go on without parameters where the binding allows it', async () => {
    await define('p', paramless, { paramKind }, { paramRef: { name: 'none', parameterNotFoundAction: 'Allow' } });
    expect((await create('x')).json.data).toBeUndefined();
  });

  const faults: [string, object, string][] = [
    ['an error', apply('Object{data: {"a": object.data.none}}'), 'resulted in error: no such key: none'],
    [
      'a type of another field',
      apply('Object{metadata: Object.spec{labels: {"a": "b"}}}'),
      'type mismatch: unexpected type name "Object.spec", expected "Object.metadata"',
    ],
    ['an unknown field', apply('Object{nothing: 1}'), '.nothing: field not declared in schema'],
    ['a value of another type', apply('Object{data: 1}'), 'failed to convert patch object to typed object: '],
    [
      'an atomic list',
      apply('Object{metadata: Object.metadata{finalizers: ["a/b"], ownerReferences: [], managedFields: []}}'),
      'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .metadata.managedFields',
    ],
    ['a path to nothing', patch('[JSONPatch{op: "remove", path: "/data/none"}]'), 'JSONPath: '],
    [
      'too high a cost',
      apply(`Object{data: {"a": string([${'0,'.repeat(2000)}].map(a, [${'0,'.repeat(2000)}].map(b, a + b)).size())}}`),
      'actual cost limit exceeded',
    ],
  ];
  it.each(faults)('refuse for %s, or ignore it', async (_what, mutation, why) => {
    await define('p', [mutation]);
    const { status, json } = await create('x', { a: '1' });
    expect([status, json.reason, json.details.kind, json.details.name]).toEqual([403, 'Invalid', 'configmaps', 'x']);
    expect(json.message).toContain("policy 'p' with binding 'p' denied request: ");
    expect(json.message).toContain(why);
    expect(json.details.causes).toEqual([{ message: json.message }]);
    const policy = `${GROUP}/mutatingadmissionpolicies/p`;
    const ignoring = { body: { spec: { failurePolicy: 'Ignore' } }, contentType: 'application/merge-patch+json' };
    await api.request('PATCH', policy, ignoring);
    await eventually(async () => expect((await create('x', { a: '1' })).status).toBe(201));
  });

  it('never leave what is no object of the kind', async () => {
    await define('p', [patch('[JSONPatch{op: "add", path: "/data/a", value: {"b": "c"}}]')], {
      failurePolicy: 'Ignore',
    });
    expect((await create('x', { a: '1' })).status).toBe(500);
  });

  it('never meet the policies themselves', async () => {
    const everything = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }];
    await define('p', [apply('Object{metadata: Object.metadata{labels: {"a": "b"}}}')], {
      matchConstraints: { resourceRules: everything },
    });
    const { json } = await api.request('GET', `${GROUP}/mutatingadmissionpolicies/p`);
    expect(json.metadata.labels).toBeUndefined();
    const labelled = { body: { metadata: { annotations: { a: 'b' } } }, contentType: 'application/merge-patch+json' };
    const updated = await api.request('PATCH', `${GROUP}/mutatingadmissionpolicies/p`, labelled);
    expect([updated.status, updated.json.metadata.labels]).toEqual([200, undefined]);
  });

  it('must compile', async () => {
    const spec = {
      matchConstraints: { resourceRules },
      reinvocationPolicy: 'Never',
      variables: [{ name: 'a', expression: 'Object{}' }],
      mutations: [
        apply('Object.spec{}'),
        apply('Object{a: params.x}'),
        patch('Object{}'),
        patch('[JSONPatch{op: 1}]'),
        apply('Foo{}'),
      ],
    };
    const body = { metadata: { name: 'bad' }, spec };
    const { status, json } = await api.request('POST', `${GROUP}/mutatingadmissionpolicies`, { body });
    expect(status).toBe(422);
    const causes = json.details.causes as { field: string; message: string }[];
    expect(causes.map(({ field, message }) => [field, message.split('\n')[0]])).toEqual([
      ['spec.variables[0].expression', expect.any(String)],
      ['spec.mutations[0].applyConfiguration.expression', 'Invalid value: "Object.spec{}": must evaluate to Object'],
      [
        'spec.mutations[1].applyConfiguration.expression',
        expect.stringContaining("<input>:1:11: undeclared reference to 'params' (in container '')"),
      ],
      ['spec.mutations[2].jsonPatch.expression', 'Invalid value: "Object{}": must evaluate to list(JSONPatch)'],
      [
        'spec.mutations[3].jsonPatch.expression',
        expect.stringContaining("expected type of field 'op' is 'string' but provided type is 'int'"),
      ],
      [
        'spec.mutations[4].applyConfiguration.expression',
        expect.stringContaining("<input>:1:4: undeclared reference to 'Foo' (in container '')"),
      ],
    ]);
  });
});
