import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

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

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        colour: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, port: { type: 'integer' } },
          },
        },
      },
      'x-kubernetes-validations': [
        { rule: 'self.size % 2 == 0', message: 'size must be even' },
        { rule: 'self.size >= oldSelf.size', messageExpression: '"size may not shrink from " + string(oldSelf.size)' },
      ],
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
};

const definition = (change: object = {}) => ({
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        selectableFields: [{ jsonPath: '.spec.colour' }],
      },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: schema } },
    ],
    ...change,
  },
});

const widget = (name: string, spec: object, extra: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, ...extra },
  spec,
});
const post = (name: string, spec: object) => api.request('POST', WIDGETS, { body: widget(name, spec) });

describe('custom resource definitions', () => {
  it('are refused where their schema is not structural or a rule does not compile', async () => {
    const bad = {
      type: 'object',
      properties: {
        c: {
          type: 'object',
          properties: { x: { type: 'integer' } },
          'x-kubernetes-validations': [{ rule: 'self.missing > 1' }],
        },
      },
    };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: bad } }];
    const { status, json } = await api.request('POST', CRDS, { body: definition({ versions }) });
    expect(status).toBe(422);
    expect(json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'spec.validation.openAPIV3Schema.properties[c].x-kubernetes-validations[0].rule',
    ]);
    expect(json.message).toContain("undefined field 'missing'");
    // As upstream: what all versions say is said of the definition, and rules wait for a structure.
    const loose = { type: 'object', properties: { ...bad.properties, a: { properties: {} }, b: { type: 'array' } } };
    const unstructured = await api.request('POST', CRDS, {
      body: definition({ versions: [{ ...versions[0], schema: { openAPIV3Schema: loose } }] }),
    });
    expect(unstructured.json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'spec.validation.openAPIV3Schema.properties[a].type',
      'spec.validation.openAPIV3Schema.properties[b].items',
    ]);
  });

  it('are established, and serve their resource in discovery and OpenAPI', async () => {
    expect((await api.request('GET', WIDGETS)).status).toBe(404);
    const made = await api.request('POST', CRDS, { body: definition() });
    expect([made.status, made.json.status]).toEqual([
      201,
      { acceptedNames: { kind: '', plural: '' }, conditions: [], storedVersions: ['v1'] },
    ]);
    await eventually(async () => {
      const { json } = await api.request('GET', `${CRDS}/widgets.example.com`);
      expect(json.status).toMatchObject({
        acceptedNames: {
          plural: 'widgets',
          singular: 'widget',
          kind: 'Widget',
          listKind: 'WidgetList',
          shortNames: ['wd'],
        },
        conditions: [
          { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
          { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
        ],
      });
    });
    await eventually(async () => expect((await api.request('GET', WIDGETS)).status).toBe(200));
    const { json } = await api.request('GET', '/apis/example.com/v1');
    expect(json.resources).toMatchObject([
      { name: 'widgets', singularName: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
      { name: 'widgets/status' },
    ]);
    const v3 = await api.request('GET', '/openapi/v3/apis/example.com/v1');
    expect(v3.json.components.schemas['com.example.v1.Widget']).toMatchObject({
      properties: { spec: { properties: { size: { type: 'integer' } } } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Widget' }],
    });
    expect((await api.request('GET', '/openapi/v2')).json.definitions['com.example.v1.Widget']).toBeDefined();
  });

  it('complete and prune objects, and count generations', async () => {
    const made = await post('a', { size: 2, extra: 1, free: { any: [1] } });
    expect([made.status, made.json.spec, made.json.metadata.generation]).toEqual([
      201,
      { size: 2, colour: 'red', free: { any: [1] } },
      1,
    ]);
    const strict = await api.request('POST', `${WIDGETS}?fieldValidation=Strict`, {
      body: widget('b', { size: 2, extra: 1 }),
    });
    expect([strict.status, strict.json.message]).toEqual([
      400,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.extra"',
    ]);
    const patch = (body: object, path = '') =>
      api.request('PATCH', `${WIDGETS}/a${path}`, { body, contentType: 'application/merge-patch+json' });
    expect((await patch({ spec: { size: 4 } })).json.metadata.generation).toBe(2);
    const status = await patch({ status: { ready: true }, spec: { size: 8 } }, '/status');
    expect([status.json.status, status.json.spec.size, status.json.metadata.generation]).toEqual([
      { ready: true },
      4,
      2,
    ]);
    const other = await api.request('GET', '/apis/example.com/v2/namespaces/default/widgets/a');
    expect([other.json.apiVersion, other.json.spec.size]).toEqual(['example.com/v2', 4]);
  });

  const faults: [string, object, string[]][] = [
    ['a missing field', {}, ['spec.size: Required value']],
    [
      'a type',
      { size: 'x' },
      ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
    ],
    ['a minimum', { size: 0 }, ['spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1']],
    ['an enum', { size: 2, colour: 'x' }, ['spec.colour: Unsupported value: "x": supported values: "red", "blue"']],
    [
      'a pattern',
      { size: 2, name: 'A1' },
      ['spec.name: Invalid value: "A1": spec.name in body should match \'^[a-z]+$\''],
    ],
    ['a length', { size: 2, name: 'abcdef' }, ['spec.name: Too long: may not be more than 5 bytes']],
    [
      'keys of a list',
      { size: 2, ports: [{ name: 'a' }, { name: 'a' }] },
      ['spec.ports[1]: Duplicate value: {"name":"a"}'],
    ],
    ['a rule', { size: 3 }, ['spec: Invalid value: "object": size must be even']],
  ];
  it.each(faults)('refuse %s in the words of upstream', async (_what, spec, messages) => {
    const { status, json } = await post('bad', spec);
    expect([status, json.message]).toEqual([422, `Widget.example.com "bad" is invalid: ${messages.join(', ')}`]);
  });

  it('check transitions by their rules', async () => {
    const patch = { body: { spec: { size: 2 } }, contentType: 'application/merge-patch+json' };
    const { status, json } = await api.request('PATCH', `${WIDGETS}/a`, patch);
    expect([status, json.message]).toEqual([
      422,
      'Widget.example.com "a" is invalid: spec: Invalid value: "object": size may not shrink from 4',
    ]);
  });

  it('show columns, select fields, and are watched', async () => {
    const table = await api.request('GET', WIDGETS, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Size']);
    expect(table.json.rows[0].cells).toEqual(['a', 4]);
    const blue = await api.request('GET', `${WIDGETS}?fieldSelector=spec.colour%3Dblue`);
    expect(blue.json.items).toEqual([]);
    const watch = api.watch(`${WIDGETS}?watch=true&allowWatchBookmarks=false`);
    await eventually(() => expect(watch.events.map(({ type }) => type)).toEqual(['ADDED']));
    await post('w', { size: 2 });
    await eventually(() => expect(watch.events.at(-1)?.object.metadata.name).toBe('w'));
    expect(watch.events.at(-1)?.object).toMatchObject({ apiVersion: 'example.com/v1', kind: 'Widget' });
    watch.close();
  });

  it('merge lists by their keys in an apply', async () => {
    const apply = (manager: string, port: object) =>
      api.request('PATCH', `${WIDGETS}/s?fieldManager=${manager}`, {
        body: widget('s', { size: 2, ports: [port] }),
        contentType: 'application/apply-patch+yaml',
      });
    expect((await apply('one', { name: 'x', port: 1 })).status).toBe(201);
    const both = await apply('two', { name: 'y', port: 2 });
    expect([both.status, both.json.spec.ports]).toEqual([
      200,
      [
        { name: 'x', port: 1 },
        { name: 'y', port: 2 },
      ],
    ]);
  });

  it('are there again after a restart, on every replica', async () => {
    const second = await startReplica(backends);
    try {
      const { json } = await second.request('GET', `${WIDGETS}/a`);
      expect([json.kind, json.spec.size]).toEqual(['Widget', 4]);
    } finally {
      await second.close();
    }
  }, 30_000);

  it('compete for names within their group', async () => {
    const names = { plural: 'others', kind: 'Widget', shortNames: ['wd'] };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
    const body = {
      metadata: { name: 'others.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names, versions },
    };
    expect((await api.request('POST', CRDS, { body })).status).toBe(201);
    await eventually(async () => {
      const { json } = await api.request('GET', `${CRDS}/others.example.com`);
      expect(json.status.conditions).toMatchObject([
        { type: 'NamesAccepted', status: 'False', message: '"WidgetList" is already in use' },
        { type: 'Established', status: 'False', reason: 'NotAccepted' },
      ]);
    });
    expect((await api.request('DELETE', `${CRDS}/others.example.com`)).status).toBe(200);
  });

  it('take their objects with them', async () => {
    const gone = await api.request('DELETE', `${CRDS}/widgets.example.com`);
    expect(gone.json.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    await eventually(async () => expect((await api.request('GET', `${CRDS}/widgets.example.com`)).status).toBe(404));
    await eventually(async () => expect((await api.request('GET', WIDGETS)).status).toBe(404));
    const left = await api.context.store.listNames('widgets.example.com' as 'pods', 'default', 10);
    expect(left).toEqual([]);
  });
});
