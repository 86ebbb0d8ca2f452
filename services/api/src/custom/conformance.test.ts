import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

/** The steps of upstream's end-to-end tests of custom resources (test/e2e/apimachinery). */
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
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

interface Version {
  name: string;
  schema: object;
  [more: string]: unknown;
}

/** Defines cluster-scoped `names`, and waits until they are served. Returns the path of their first version. */
async function define(plural: string, versions: Version[], more: { labels?: object; scope?: string } = {}) {
  const { labels = {}, scope = 'Cluster' } = more;
  const kind = plural.slice(0, 1).toUpperCase() + plural.slice(1, -1);
  const body = {
    metadata: { name: `${plural}.mygroup.example.com`, labels },
    spec: {
      group: 'mygroup.example.com',
      scope,
      names: { plural, kind },
      versions: versions.map(({ schema, ...version }, at) => ({
        served: true,
        storage: at === 0,
        schema: { openAPIV3Schema: schema },
        ...version,
      })),
    },
  };
  const made = await api.request('POST', CRDS, { body });
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  const root = `/apis/mygroup.example.com/${versions[0]?.name}`;
  await eventually(async () => expect((await api.request('GET', `${root}/${plural}`)).status).toBe(200));
  return { path: `${root}/${plural}`, crd: `${CRDS}/${body.metadata.name}`, kind, apiVersion: root.slice(6) };
}

const patch = (path: string, body: unknown, contentType = 'application/json-patch+json') =>
  api.request('PATCH', path, { body, contentType });

const spec = {
  type: 'object',
  properties: {
    foo: { type: 'string' },
    cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      items: {
        type: 'object',
        required: ['containerPort', 'protocol'],
        properties: {
          containerPort: { type: 'integer', format: 'int32' },
          name: { type: 'string' },
          protocol: { type: 'string' },
        },
      },
    },
  },
};
const PORTS = 'ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP';

describe('definitions', () => {
  it('are listed and deleted by label', async () => {
    const schema = OPEN;
    await define('ones', [{ name: 'v1', schema }], { labels: { list: 'yes' } });
    await define('twos', [{ name: 'v1', schema }], { labels: { list: 'yes' } });
    const other = await define('threes', [{ name: 'v1', schema }]);
    const selected = `${CRDS}?labelSelector=list%3Dyes`;
    expect((await api.request('GET', selected)).json.items).toHaveLength(2);
    expect((await api.request('DELETE', selected)).status).toBe(200);
    await eventually(async () => expect((await api.request('GET', selected)).json.items).toHaveLength(0));
    expect((await api.request('GET', other.crd)).status).toBe(200);
  });

  it('have a status that clients read, replace and patch', async () => {
    const { crd } = await define('states', [{ name: 'v1', schema: OPEN }]);
    const { json } = await api.request('GET', `${crd}/status`);
    const condition = { lastTransitionTime: null, message: 'updated', status: '', type: '' };
    const body = { ...json, status: { ...json.status, conditions: [...json.status.conditions, condition] } };
    const updated = await api.request('PUT', `${crd}/status`, { body });
    expect([updated.status, updated.json.status?.conditions.at(-1)?.message]).toEqual([200, 'updated']);
    const changes = [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }];
    const patched = await patch(`${crd}/status`, changes);
    expect([patched.status, patched.json.status?.conditions[0]?.message]).toEqual([200, 'patched']);
  });

  it('complete objects on requests, and those that are stored when they are read', async () => {
    const schema = { ...OPEN, properties: { a: { type: 'string' }, b: { type: 'string' } } };
    const { path, crd, kind, apiVersion } = await define('filleds', [{ name: 'v1', schema }]);
    const make = async (name: string) => {
      const made = await api.request('POST', path, { body: { apiVersion, kind, metadata: { name } } });
      return [made.status, made.json.a, made.json.b];
    };
    const read = async (name: string) => {
      const { json } = await api.request('GET', `${path}/${name}`);
      return [json.a, json.b];
    };
    const property = '/spec/versions/0/schema/openAPIV3Schema/properties';
    expect(await make('one')).toEqual([201, undefined, undefined]);
    await patch(crd, [{ op: 'add', path: `${property}/a/default`, value: 'A' }]);
    await eventually(async () => expect(await read('one')).toEqual(['A', undefined]));
    expect(await make('two')).toEqual([201, 'A', undefined]);
    await patch(crd, [
      { op: 'remove', path: `${property}/a/default` },
      { op: 'add', path: `${property}/b/default`, value: 'B' },
    ]);
    await eventually(async () => expect(await read('one')).toEqual([undefined, 'B']));
    expect(await read('two')).toEqual(['A', 'B']);
  });
});

describe('field validation of an apply', () => {
  const apply = (path: string, lines: string) =>
    api.request('PATCH', `${path}/mytest?fieldManager=m&fieldValidation=Strict`, {
      body: lines,
      contentType: 'application/apply-patch+yaml',
    });
  const head = ({ apiVersion, kind }: { apiVersion: string; kind: string }, metadata = '') =>
    `\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: mytest\n${metadata}  finalizers:\n  - test-finalizer\n`;

  it('accepts what the schema has, and anything where it is open', async () => {
    const strict = await define('stricts', [{ name: 'v1beta1', schema: { type: 'object', properties: { spec } } }]);
    const valid = `${head(strict)}spec:\n  foo: foo1\n  cronSpec: "* * * * */5"\n  ${PORTS}`;
    const made = await apply(strict.path, valid);
    expect([made.status, made.json.message]).toEqual([201, undefined]);
    const unknown = await apply(strict.path, valid.replace('spec:', 'unknownField: unknown\nspec:'));
    expect([unknown.status, unknown.json.message]).toEqual([
      400,
      expect.stringContaining('.unknownField: field not declared in schema'),
    ]);
    const open = await define('opens', [{ name: 'v1beta1', schema: OPEN }]);
    const any = await apply(open.path, `${head(open)}spec:\n  unknown: uk1\n  cronSpec: "* * * * */5"\n  ${PORTS}`);
    expect([any.status, any.json.message]).toEqual([201, undefined]);
  });

  it('refuses unknown metadata, also of embedded objects, and fields that are there twice', async () => {
    const template = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string' } } },
        spec: { type: 'object' },
      },
    };
    const open = { ...spec, 'x-kubernetes-preserve-unknown-fields': true };
    const schema = {
      type: 'object',
      properties: { spec: { ...open, properties: { ...spec.properties, template } } },
    };
    const embedding = await define('embeddings', [{ name: 'v1beta1', schema }]);
    const sub =
      'template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n      unknownSubMeta: u\n      name: s';
    const answer = await apply(
      embedding.path,
      `${head(embedding, '  unknownMeta: unknown\n')}spec:\n  ${sub}\n  foo: a`,
    );
    expect(answer.json.message).toMatch(/\.(spec\.template\.)?metadata\.unknown\w+: field not declared in schema/);
    const twice = await apply(embedding.path, `${head(embedding)}spec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n`);
    expect(twice.json.message).toContain('line 11: key "foo" already set in map');
  });
});

describe('published schemas', () => {
  const bar = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { description: 'Name of Bar.', type: 'string' },
      feeling: { type: 'string', enum: ['Great', 'Down'], default: 'Great' },
      bazs: { description: 'List of Bazs.', type: 'array', items: { type: 'string' } },
    },
  };
  const foo = {
    description: 'Foo CRD for Testing',
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        description: 'Specification of Foo',
        properties: { bars: { description: 'List of Bars and their specs.', type: 'array', items: bar } },
      },
    },
  };
  const definitions = async () => (await api.request('GET', '/openapi/v2')).json.definitions;
  const named = (version: string) => `com.example.mygroup.${version}.Multi`;

  it('are those of the definition, and follow its versions', async () => {
    const { crd } = await define('multis', [
      { name: 'v2', schema: foo },
      { name: 'v3', schema: foo },
    ]);
    for (const version of ['v2', 'v3']) {
      const { properties, 'x-kubernetes-group-version-kind': _kinds, ...rest } = (await definitions())[named(version)];
      expect({ ...rest, properties: { spec: properties.spec } }).toEqual(foo);
      expect(properties.apiVersion.description).toContain('APIVersion defines the versioned schema');
      expect(properties.metadata.description).toContain("Standard object's metadata.");
    }
    await patch(crd, [{ op: 'replace', path: '/spec/versions/1/name', value: 'v4' }]);
    await eventually(async () => expect((await definitions())[named('v4')]).toBeDefined());
    expect((await definitions())[named('v3')]).toBeUndefined();
    await patch(crd, [{ op: 'replace', path: '/spec/versions/1/served', value: false }]);
    await eventually(async () => expect((await definitions())[named('v4')]).toBeUndefined());
    expect((await definitions())[named('v2')]).toBeDefined();
    const names = Object.keys(await definitions()).filter((name) => name.startsWith('com.example.mygroup.v2.'));
    expect(names.toSorted()).toEqual([named('v2'), `${named('v2')}List`]);
  });

  it('say nothing of what is open, and all of it in version 3', async () => {
    const nested = { type: 'object', properties: { a: OPEN, b: { type: 'integer', nullable: true } } };
    const port = { 'x-kubernetes-int-or-string': true };
    const schema = { type: 'object', properties: { spec: nested, port } };
    const { apiVersion } = await define('looses', [{ name: 'v1', schema }]);
    await define('anys', [{ name: 'v1', schema: OPEN }]);
    const v2 = await definitions();
    expect(v2['com.example.mygroup.v1.Any']).toEqual({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'mygroup.example.com', kind: 'Any', version: 'v1' }],
    });
    expect(v2['com.example.mygroup.v1.Loose'].properties.spec).toEqual({
      type: 'object',
      properties: { a: { 'x-kubernetes-preserve-unknown-fields': true }, b: {} },
    });
    const v3 = (await api.request('GET', `/openapi/v3/apis/${apiVersion}`)).json.components.schemas;
    expect(v3['com.example.mygroup.v1.Loose'].properties).toMatchObject({
      spec: nested,
      port: { ...port, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] },
    });
    const protobuf = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf';
    expect((await api.request('GET', `/openapi/v3/apis/${apiVersion}`, { accept: protobuf })).status).toBe(200);
  });
});

describe('objects', () => {
  it('are watched by name', async () => {
    const { path, kind, apiVersion } = await define('noxus', [{ name: 'v1beta1', schema: OPEN }]);
    const watch = api.watch(`${path}?watch=true&fieldSelector=metadata.name%3Dname1`);
    for (const name of ['name1', 'name2']) {
      const body = { apiVersion, kind, metadata: { name }, content: { key: 'value' }, num: { num1: 1 } };
      expect((await api.request('POST', path, { body })).status).toBe(201);
      expect((await patch(`${path}/${name}`, [{ op: 'add', path: '/dummy', value: 'test' }])).status).toBe(200);
      expect((await api.request('DELETE', `${path}/${name}`)).status).toBe(200);
    }
    await eventually(() => expect(watch.events.at(-1)?.type).toBe('DELETED'));
    expect(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED name1',
      'MODIFIED name1',
      'DELETED name1',
    ]);
    watch.close();
  });

  it('say their kind in lists, and are named by the kind that the definition has for them', async () => {
    const { path, kind, apiVersion } = await define('listeds', [{ name: 'v1', schema: OPEN }]);
    await api.request('POST', path, { body: { apiVersion, kind, metadata: { name: 'a' }, x: 1 } });
    const { json } = await api.request('GET', path);
    expect(json).toMatchObject({ apiVersion, kind: 'ListedList', items: [{ apiVersion, kind: 'Listed', x: 1 }] });
  });

  it('are scaled where the definition says', async () => {
    const replicas = { type: 'integer' };
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { count: replicas, more: { type: 'string' } } },
        status: { type: 'object', properties: { count: replicas, selector: { type: 'string' } } },
      },
    };
    const scale = {
      specReplicasPath: '.spec.count',
      statusReplicasPath: '.status.count',
      labelSelectorPath: '.status.selector',
    };
    const { path, kind, apiVersion } = await define('scaleds', [
      { name: 'v1', schema, subresources: { status: {}, scale } },
    ]);
    const body = { apiVersion, kind, metadata: { name: 'a' }, spec: { count: 2, more: 'x' } };
    expect((await api.request('POST', path, { body })).status).toBe(201);
    const merge = 'application/merge-patch+json';
    await patch(`${path}/a/status`, { status: { count: 1, selector: 'a=b' } }, merge);
    const read = await api.request('GET', `${path}/a/scale`);
    expect(read.json).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a' },
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'a=b' },
    });
    const scaled = await patch(`${path}/a/scale`, { spec: { replicas: 5 } }, merge);
    expect([scaled.status, scaled.json.spec]).toEqual([200, { replicas: 5 }]);
    const { json } = await api.request('GET', `${path}/a`);
    expect([json.spec, json.metadata.generation]).toEqual([{ count: 5, more: 'x' }, 2]);
    const refused = await patch(`${path}/a/scale`, { spec: { replicas: -1 } }, merge);
    expect([refused.status, refused.json.message]).toEqual([
      422,
      expect.stringContaining('Invalid value: -1: should be a non-negative integer'),
    ]);
    const { resources } = (await api.request('GET', `/apis/${apiVersion}`)).json;
    expect(resources.find(({ name }: { name: string }) => name === 'scaleds/scale')).toMatchObject({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
    });
  });

  it('warn of a deprecated version, whatever is asked, and prefer the newest', async () => {
    const { path } = await define('olds', [
      { name: 'v1beta1', schema: OPEN, deprecated: true },
      { name: 'v1alpha1', schema: OPEN, deprecated: true, deprecationWarning: 'gone soon' },
      { name: 'v1', schema: OPEN },
    ]);
    const warning = async (version: string, name = '') =>
      (await api.request('GET', `${path.replace('v1beta1', version)}${name}`)).headers.warning;
    expect(await warning('v1beta1')).toBe(
      '299 - "mygroup.example.com/v1beta1 Old is deprecated; use mygroup.example.com/v1 Old"',
    );
    expect(await warning('v1beta1', '/nothing')).toContain('is deprecated');
    expect(await warning('v1alpha1')).toBe('299 - "gone soon"');
    expect(await warning('v1')).toBeUndefined();
  });
});

describe('field owners', () => {
  it('are by the schema, and by what is there where it is open', async () => {
    const ports = { ...spec.properties.ports, items: { ...spec.properties.ports.items, required: ['containerPort'] } };
    const items = ports.items.properties;
    const defaulted = {
      ...ports,
      items: { ...ports.items, properties: { ...items, protocol: { type: 'string', default: 'TCP' } } },
    };
    const schema = {
      type: 'object',
      properties: {
        spec: {
          ...OPEN,
          properties: {
            ports: defaulted,
            whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: { type: 'string' } } },
            names: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            count: { type: 'integer', default: 0 },
          },
        },
      },
    };
    const { path, kind, apiVersion } = await define('owneds', [{ name: 'v1', schema }]);
    const apply = (manager: string, fields: object) =>
      api.request('PATCH', `${path}/a?fieldManager=${manager}`, {
        body: { apiVersion, kind, metadata: { name: 'a' }, spec: fields },
        contentType: 'application/apply-patch+yaml',
      });
    const owned = (json: { metadata: { managedFields: { manager: string; fieldsV1: object }[] } }, manager: string) =>
      json.metadata.managedFields.find((one) => one.manager === manager)?.fieldsV1;
    const made = await apply('one', {
      ports: [{ containerPort: 80, name: 'x' }],
      whole: { a: 'b' },
      names: ['n'],
      free: { deep: { x: 1 }, list: [1] },
    });
    expect([made.status, made.json.message, made.json.spec.count]).toEqual([201, undefined, 0]);
    expect(owned(made.json, 'one')).toEqual({
      'f:spec': {
        'f:free': { '.': {}, 'f:deep': { '.': {}, 'f:x': {} }, 'f:list': {} },
        'f:names': { 'v:"n"': {} },
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:name': {} } },
        'f:whole': {},
      },
    });
    const both = await apply('two', { free: { deep: { y: 2 } }, names: ['m'], ports: [{ containerPort: 81 }] });
    expect(both.json.spec).toMatchObject({
      free: { deep: { x: 1, y: 2 }, list: [1] },
      names: ['n', 'm'],
      ports: [{ containerPort: 80 }, { containerPort: 81 }],
    });
    const conflict = await apply('two', { free: { deep: { x: 3 } } });
    expect([conflict.status, conflict.json.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "one": .spec.free.deep.x',
    ]);
  });
});
