import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, writeObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

/** Text that Postgres cannot hold: it reaches the store by none of the ways into the api. */
let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  await api.request('POST', MAPS, { body: map('stored') });
  await api.request('POST', PODS, { body: pod('unbound') });
  await api.request('POST', '/api/v1/nodes', { body: node('n1') });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const map = (name: string, metadata: object = {}, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...rest,
});
const pod = (name: string, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
const node = (name: string, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, annotations },
});
const binding = (target: string) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: 'unbound' },
  target: { kind: 'Node', name: target },
});
const podWithArgs = {
  ...pod('poisoned'),
  spec: { containers: [{ name: 'c', image: 'i', args: ['a', '\0'] }] },
};
const poisoned = map('poisoned', { annotations: { a: 'x\0y' } });
const YAML = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: poisoned, annotations: {a: "x\\0y"}}\n';
const ANNOTATION = 'metadata.annotations.a';

type Way = [what: string, method: string, path: string, body: unknown, contentType: string, field: string];
const JSON_TYPE = 'application/json';

describe('U+0000', () => {
  it.each<Way>([
    ['in an annotation', 'POST', MAPS, poisoned, JSON_TYPE, ANNOTATION],
    ['in YAML', 'POST', MAPS, YAML, 'application/yaml', ANNOTATION],
    ['in protobuf', 'POST', MAPS, writeObject(poisoned), PROTOBUF, ANNOTATION],
    ['in data', 'POST', MAPS, map('poisoned', {}, { data: { 'a.b': '\0' } }), JSON_TYPE, 'data[a.b]'],
    ['in a list', 'POST', PODS, podWithArgs, JSON_TYPE, 'spec.containers[0].args[1]'],
    ['in a key', 'POST', PODS, pod('poisoned', { 'a\0': '' }), JSON_TYPE, 'metadata.annotations'],
    ['in a name', 'POST', MAPS, map('a\0b'), JSON_TYPE, 'metadata.name'],
    [
      'in a PUT',
      'PUT',
      `${MAPS}/stored`,
      { ...poisoned, metadata: { ...poisoned.metadata, name: 'stored' } },
      JSON_TYPE,
      ANNOTATION,
    ],
    [
      'in a merge patch',
      'PATCH',
      `${MAPS}/stored`,
      { metadata: { annotations: { a: '\0' } } },
      'application/merge-patch+json',
      ANNOTATION,
    ],
    [
      'in a strategic merge patch',
      'PATCH',
      `${MAPS}/stored`,
      { metadata: { annotations: { a: '\0' } } },
      'application/strategic-merge-patch+json',
      ANNOTATION,
    ],
    [
      'in a JSON patch',
      'PATCH',
      `${MAPS}/stored`,
      [{ op: 'add', path: '/metadata/annotations', value: { a: '\0' } }],
      'application/json-patch+json',
      ANNOTATION,
    ],
    ['in an apply', 'PATCH', `${MAPS}/poisoned?fieldManager=m`, YAML, 'application/apply-patch+yaml', ANNOTATION],
    [
      'in a status',
      'PATCH',
      `${PODS}/unbound/status`,
      { status: { message: '\0' } },
      'application/merge-patch+json',
      'status.message',
    ],
    ['in the target of a Binding', 'POST', `${PODS}/unbound/binding`, binding('a\0b'), JSON_TYPE, 'target.name'],
    [
      'in the agent of a node',
      'PATCH',
      '/api/v1/nodes/n1',
      { metadata: { annotations: { 'everynode.io/agent': 'a\0' } } },
      'application/merge-patch+json',
      'metadata.annotations[everynode.io/agent]',
    ],
  ])('%s is refused with the field', async (_what, method, path, body, contentType, field) => {
    const { status, json } = await api.request(method, path, { body, contentType });
    expect(json).toMatchObject({ kind: 'Status', reason: 'Invalid', details: { causes: expect.anything() } });
    expect([status, json.details.causes.map((cause: { field: string }) => cause.field)]).toEqual([
      422,
      expect.arrayContaining([field]),
    ]);
    expect((await api.request('GET', `${MAPS}/poisoned`)).status).toBe(404);
    expect((await api.request('GET', `${MAPS}/stored`)).json.metadata.annotations).toBeUndefined();
  });

  it('keeps no write of others from success', async () => {
    const bodies = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0 ? node(`poison-${i}`, { 'everynode.io/agent': '\0' }) : map(`fine-${i}`),
    );
    const answers = await Promise.all(
      bodies.map((body) => api.request('POST', body.kind === 'Node' ? '/api/v1/nodes' : MAPS, { body })),
    );
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(({ kind }) => (kind === 'Node' ? 422 : 201)));
  });

  it('may be written out, as text of an escape', async () => {
    const { status, json } = await api.request('POST', MAPS, { body: map('escape', {}, { data: { a: '\\u0000' } }) });
    expect([status, json.data]).toEqual([201, { a: '\\u0000' }]);
  });
});

describe('half a surrogate pair', () => {
  it('becomes U+FFFD, as Go reads it, and an agent still gets the list of its pods', async () => {
    const text = JSON.stringify(pod('halves', { a: '\ud800', b: 'x\udc00', c: '\ud83d\ude00' }));
    expect(text).toContain(String.raw`\ud800`);
    const { status, json } = await api.request('POST', PODS, { body: Buffer.from(text), contentType: JSON_TYPE });
    expect([status, json.metadata.annotations]).toEqual([201, { a: '\ufffd', b: 'x\ufffd', c: '😀' }]);
    await api.request('PATCH', '/api/v1/nodes/n1', {
      body: { metadata: { annotations: { 'everynode.io/agent': 'agent-1' } } },
      contentType: 'application/merge-patch+json',
    });
    await api.request('POST', `${PODS}/halves/binding`, { body: { ...binding('n1'), metadata: { name: 'halves' } } });
    expect(await api.context.store.listAssignedPods('agent-1', '', 10)).toEqual([
      expect.objectContaining({ name: 'halves' }),
    ]);
  });
});

it('binds a pod to any name, as upstream does, but for one that no index can hold', async () => {
  const answers = await Promise.all(
    ['..', 'a/b', 'A', 'x'.repeat(300)].map((name) =>
      api.request('POST', `${PODS}/unbound/binding?dryRun=All`, { body: binding(name) }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 422]);
  expect(answers[3]?.json.details.causes[0].field).toBe('target.name');
});
