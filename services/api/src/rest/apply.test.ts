import { resourceByStorage } from '@everynode/objects';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { commit } from '../write/commit.js';

let backends: Backends;
let api: RunningApi;
const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
const MAPS = '/api/v1/namespaces/default/configmaps';

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const apply = (path: string, body: object, manager: string, query = '') =>
  api.request('PATCH', `${path}?fieldManager=${manager}${query}`, {
    body,
    contentType: 'application/apply-patch+yaml',
  });

const configMap = (name: string, data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

const owned = (json: { metadata: { managedFields?: { manager: string; operation: string; fieldsV1: object }[] } }) =>
  Object.fromEntries(
    (json.metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [
      `${manager} ${operation}`,
      fieldsV1,
    ]),
  );

describe('server-side apply', () => {
  it('creates what is missing, and notes whose the fields are', async () => {
    const { status, json } = await apply(
      `${MAPS}/made`,
      configMap('made', { a: '1' }, { labels: { app: 'x' } }),
      'one',
    );
    expect(status).toBe(201);
    expect(json.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        time: expect.stringMatching(/Z$/),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app': {} } }, 'f:data': { 'f:a': {} } },
      },
    ]);
    const again = await apply(`${MAPS}/made`, configMap('made', { a: '1' }, { labels: { app: 'x' } }), 'one');
    expect([again.status, again.json.metadata.resourceVersion]).toEqual([200, json.metadata.resourceVersion]);
  });

  it('takes away what the applier does not name any more, and nothing else', async () => {
    await apply(`${MAPS}/two`, configMap('two', { a: '1', b: '2' }), 'one');
    await apply(`${MAPS}/two`, configMap('two', { b: '2', c: '3' }), 'other');
    const { json } = await apply(`${MAPS}/two`, configMap('two', {}), 'one');
    expect(json.data).toEqual({ b: '2', c: '3' });
    expect(owned(json)).toEqual({
      'one Apply': { 'f:data': {} },
      'other Apply': { 'f:data': { 'f:b': {}, 'f:c': {} } },
    });
  });

  it('refuses to change what another owns, by name, unless it is forced', async () => {
    await apply(`${MAPS}/held`, configMap('held', { a: '1', b: '1' }), 'one');
    const refused = await apply(`${MAPS}/held`, configMap('held', { a: '2' }), 'other');
    expect(refused.json).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
    });
    const several = await apply(`${MAPS}/held`, configMap('held', { a: '2', b: '2' }), 'other');
    expect(several.json.message).toBe('Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b');
    const forced = await apply(`${MAPS}/held`, configMap('held', { a: '2' }), 'other', '&force=true');
    expect([forced.json.data, owned(forced.json)]).toEqual([
      { a: '2', b: '1' },
      { 'one Apply': { 'f:data': { 'f:b': {} } }, 'other Apply': { 'f:data': { 'f:a': {} } } },
    ]);
  });

  it('shares a field on whose value both agree', async () => {
    await apply(`${MAPS}/shared`, configMap('shared', { a: '1' }), 'one');
    const { status, json } = await apply(`${MAPS}/shared`, configMap('shared', { a: '1' }), 'other');
    // The second apply changed nothing, so its owner has no time, and comes first.
    expect([status, Object.keys(owned(json))]).toEqual([200, ['other Apply', 'one Apply']]);
  });

  it('knows what was written by update and patch, and who took a field over', async () => {
    const created = await api.request('POST', `${MAPS}?fieldManager=maker`, {
      body: configMap('mixed', { a: '1', b: '1' }),
    });
    expect(owned(created.json)).toEqual({ 'maker Update': { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } } });
    const refused = await apply(`${MAPS}/mixed`, configMap('mixed', { a: '2' }), 'one');
    expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "maker" using v1: .data.a');
    await apply(`${MAPS}/mixed`, configMap('mixed', { a: '2' }), 'one', '&force=true');
    const patched = await api.request('PATCH', `${MAPS}/mixed?fieldManager=hand`, {
      body: { data: { a: '3' } },
      contentType: 'application/merge-patch+json',
    });
    expect(owned(patched.json)).toEqual({
      'maker Update': { 'f:data': { '.': {}, 'f:b': {} } },
      'hand Update': { 'f:data': { 'f:a': {} } },
    });
  });

  it('merges lists by their keys, and leaves defaults to themselves', async () => {
    const set = (container: object, spec: object = {}) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { app: 'd' } },
        ...spec,
        template: {
          metadata: { labels: { app: 'd' } },
          spec: { containers: [{ name: 'main', image: 'i:1', ...container }] },
        },
      },
    });
    const probe = { livenessProbe: { exec: { command: ['true'] } } };
    const first = await apply(
      `${SETS}/d`,
      set({ ports: [{ containerPort: 80 }], ...probe }, { minReadySeconds: 5 }),
      'one',
    );
    expect(first.status).toBe(201);
    const side = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ name: 'side', image: 'j', resources: { requests: { cpu: 1 } } }] } } },
    };
    const second = await apply(`${SETS}/d`, side, 'other');
    expect(second.json.spec.template.spec.containers).toMatchObject([
      { name: 'main', ports: [{ containerPort: 80, protocol: 'TCP' }], livenessProbe: { periodSeconds: 10 } },
      { name: 'side', resources: { requests: { cpu: '1' } } },
    ]);
    const third = await apply(`${SETS}/d`, set({ image: 'i:2' }), 'one');
    expect(third.json.spec.template.spec.containers).toMatchObject([{ name: 'main', image: 'i:2' }, { name: 'side' }]);
    const [main] = third.json.spec.template.spec.containers;
    expect([main.ports, main.livenessProbe, third.json.spec.minReadySeconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(owned(third.json)).toMatchObject({
      'other Apply': {
        'f:spec': {
          'f:template': {
            'f:spec': {
              'f:containers': {
                'k:{"name":"side"}': {
                  '.': {},
                  'f:name': {},
                  'f:image': {},
                  'f:resources': { 'f:requests': { 'f:cpu': {} } },
                },
              },
            },
          },
        },
      },
    });
    expect(third.json.metadata.generation).toBe(3);
  });

  it('keeps a status apart from the object', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    await apply(
      '/api/v1/nodes/n',
      { ...node, metadata: { name: 'n', labels: { a: 'b' } }, status: { phase: 'x' } },
      'one',
    );
    const status = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const { json } = await apply('/api/v1/nodes/n/status', { ...node, ...status }, 'kubelet');
    expect(json.status.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
    expect(json.metadata.managedFields).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ manager: 'kubelet', subresource: 'status' }),
        expect.objectContaining({ manager: 'one', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } } } }),
      ]),
    );
    expect(json.metadata.labels).toMatchObject({ a: 'b' });
  });

  it('forgets all owners when it is asked to, and keeps those a client moved', async () => {
    await apply(`${MAPS}/moved`, configMap('moved', { a: '1' }), 'one');
    const current = (await api.request('GET', `${MAPS}/moved`)).json;
    const [entry] = current.metadata.managedFields;
    const patch = (value: object[]) =>
      api.request('PATCH', `${MAPS}/moved`, {
        body: [{ op: 'replace', path: '/metadata/managedFields', value }],
        contentType: 'application/json-patch+json',
      });
    expect(owned((await patch([{ ...entry, manager: 'heir' }])).json)).toEqual({
      'heir Apply': { 'f:data': { 'f:a': {} } },
    });
    expect((await patch([{}])).json.metadata.managedFields).toBeUndefined();
    // Fields that existed before owners were recorded have no owner of their own, and conflict nevertheless.
    const late = await apply(`${MAPS}/moved`, configMap('moved', { a: '2' }), 'late');
    expect(late.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
  });

  it('takes over from kubectl apply what is as it was applied, and keeps its note in step', async () => {
    const note = (data: object) => ({
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(configMap('csa', data)) },
    });
    const create = (annotations: object) =>
      api.request('POST', `${MAPS}?fieldManager=kubectl-client-side-apply`, {
        body: configMap('csa', { a: '1', b: '1' }, annotations),
      });
    await create(note({ a: '1', b: '1' }));
    const upgraded = await apply(`${MAPS}/csa`, configMap('csa', { a: '2', b: '1' }), 'kubectl');
    expect(upgraded.json.data).toEqual({ a: '2', b: '1' });
    const kept = upgraded.json.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'];
    expect(JSON.parse(kept).data).toEqual({ a: '2', b: '1' });
    await api.request('PATCH', `${MAPS}/csa?fieldManager=hand`, {
      body: { data: { a: '3' } },
      contentType: 'application/merge-patch+json',
    });
    const refused = await apply(`${MAPS}/csa`, configMap('csa', { a: '2', b: '2' }), 'kubectl');
    expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "hand" using v1: .data.a');
  });

  it.each([
    ['', configMap('bad', {}), 422, 'fieldManager: Required value: is required for apply patch'],
    [
      '?fieldManager=m',
      { kind: 'ConfigMap', metadata: { name: 'bad' } },
      400,
      'invalid object type: /, Kind=ConfigMap',
    ],
    ['?fieldManager=m', configMap('other', {}), 400, 'does not match the name on the URL'],
    ['?fieldManager=m', configMap('bad', {}, { managedFields: [{ manager: 'x' }] }), 400, 'managedFields must be nil'],
    [
      '?fieldManager=m&fieldValidation=Strict',
      { ...configMap('bad', {}), dta: {} },
      400,
      '(/bad; /v1, Kind=ConfigMap): .dta: field not declared in schema',
    ],
    ['?fieldManager=m', configMap('bad', {}, { uid: 'x' }), 409, 'uid mismatch: the provided object specified uid x'],
  ])('says what is wrong: %s %j', async (query, body, code, text) => {
    const { json } = await api.request('PATCH', `${MAPS}/bad${query}`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });
    expect(json.code).toBe(code);
    expect(json.message).toContain(text);
  });

  it('tells two items of one key apart from two of different keys, with defaults', async () => {
    const ports = (...list: object[]) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'ports' },
      spec: {
        selector: { matchLabels: { app: 'p' } },
        template: {
          metadata: { labels: { app: 'p' } },
          spec: { containers: [{ name: 'c', image: 'i:1', ports: list }] },
        },
      },
    });
    const made = await apply(
      `${SETS}/ports`,
      ports({ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }),
      'one',
    );
    expect(made.json.spec.template.spec.containers[0].ports).toHaveLength(2);
    const twice = await apply(
      `${SETS}/ports`,
      ports({ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }),
      'one',
    );
    expect(twice.json).toMatchObject({
      code: 400,
      message:
        'failed to create typed patch object (/ports; apps/v1, Kind=DaemonSet): ' +
        '.spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    });
  });

  it('protects a status without a recorded owner: it belongs to the status writer of its kind', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'agents' } };
    await api.request('POST', '/api/v1/nodes', { body: node });
    const condition = (type: string, status: string) => ({ ...node, status: { conditions: [{ type, status }] } });
    const target = { definition: resourceByStorage('nodes'), namespace: '', name: 'agents' };
    // As an agent does: past the API, and noting nothing.
    await commit(api.context, {
      target,
      dryRun: false,
      decide: (current) => ({
        kind: 'update',
        parts: { observed: JSON.stringify({ conditions: [{ type: 'Ready', status: 'True' }] }) },
        placement: current?.placement ?? null,
        deleting: false,
      }),
    });
    const refused = await apply('/api/v1/nodes/agents/status', condition('Ready', 'False'), 'npd');
    expect(refused.json).toMatchObject({
      message:
        'Apply failed with 1 conflict: conflict with "kubelet" with subresource "status" using v1: .status.conditions[type="Ready"].status',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.status.conditions[type="Ready"].status' }] },
    });
    await apply('/api/v1/nodes/agents/status', condition('Mine', 'True'), 'npd');
    const { json } = await apply('/api/v1/nodes/agents/status', { ...node, status: {} }, 'npd');
    const times = { lastHeartbeatTime: null, lastTransitionTime: null };
    expect(json.status.conditions).toEqual([{ type: 'Ready', status: 'True', ...times }]);
  });

  it('takes the applier’s resourceVersion as a precondition, and writes nothing in a dry run', async () => {
    await apply(`${MAPS}/versioned`, configMap('versioned', { a: '1' }), 'one');
    const stale = await apply(`${MAPS}/versioned`, configMap('versioned', { a: '2' }, { resourceVersion: '1' }), 'one');
    expect(stale.json).toMatchObject({ code: 409, reason: 'Conflict' });
    const dry = await apply(`${MAPS}/versioned`, configMap('versioned', { a: '2' }), 'one', '&dryRun=All');
    expect([dry.status, dry.json.data]).toEqual([200, { a: '2' }]);
    expect((await api.request('GET', `${MAPS}/versioned`)).json.data).toEqual({ a: '1' });
  });
});
