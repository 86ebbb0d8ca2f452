import { readFileSync } from 'node:fs';
import { apiVersionOf, postedKinds, resources } from '@everynode/objects';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { decodeMessage } from '../protobuf/codec.js';
import { unwrap } from '../protobuf/envelope.js';

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

const get = (path: string, accept?: string, headers: Record<string, string> = {}) =>
  api.request('GET', path, { ...(accept && { accept }), headers });

describe('every route of upstream that is served', () => {
  const routes = Object.entries(
    JSON.parse(readFileSync(new URL('../../../../test/facts/routes.json', import.meta.url), 'utf8')) as Record<
      string,
      Record<string, string>
    >,
  );
  const pathsOf = (plural: string, group: string, version: string) => {
    const root = group ? `/apis/${group}/${version}/` : `/api/${version}/`;
    return routes.filter(([path]) => path.startsWith(root) && path.slice(root.length).split('/').includes(plural));
  };

  it.each(resources.map((one) => [`${one.plural} ${apiVersionOf(one)}`, one] as const))('%s', async (_name, one) => {
    const { plural, group, version, verbs, subresources, namespaced } = one;
    const allowed = { get: ['get'], list: ['get'], post: ['create'], put: ['update'], patch: ['patch'] };
    for (const [path, methods] of pathsOf(plural, group, version)) {
      if (plural === 'namespaces' && path.includes('{namespace}')) continue;
      const subresource = /\{name\}\/(\w+)/.exec(path)?.[1];
      const found = subresources.find(({ name }) => name === subresource);
      for (const [method, action] of Object.entries(methods)) {
        const filled = path.replace('{namespace}', 'default').replace('{name}', 'none');
        const { status, json } = await api.request(method.toUpperCase(), filled, {
          ...(method !== 'get' && { body: {} }),
          ...(method === 'patch' && { contentType: 'application/merge-patch+json' }),
        });
        const wanted = action === 'list' ? 'list' : (allowed[method as 'put']?.[0] ?? action);
        const served = subresource ? found?.verbs.includes(wanted as never) : verbs.includes(wanted as never);
        const unknown = status === 404 && json.message === 'the server could not find the requested resource';
        expect([path, method, served ? !unknown && status !== 405 && status < 500 : unknown || status === 405]).toEqual(
          [path, method, true],
        );
      }
    }
    expect(pathsOf(plural, group, version).length).toBeGreaterThan(namespaced ? 2 : 1);
  });
});

describe('discovery', () => {
  const AGGREGATED = (version: string) =>
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

  it.each(['v2', 'v2beta1'])('names everything in one document a root, %s', async (version) => {
    const names: string[] = [];
    for (const root of ['/api', '/apis']) {
      const answer = await get(root, `${AGGREGATED(version)},application/json`);
      expect(answer.headers['content-type']).toBe(AGGREGATED(version));
      expect(answer.headers.vary).toBe('Accept');
      for (const { metadata, versions } of answer.json.items) {
        for (const { resources: found } of versions) {
          names.push(...found.map(({ resource }: { resource: string }) => `${metadata.name ?? ''}/${resource}`));
        }
      }
      const again = await get(root, AGGREGATED(version), { 'if-none-match': String(answer.headers.etag) });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    const served = [...resources, ...postedKinds].map(({ group, plural }) => `${group}/${plural}`);
    expect(names.toSorted()).toEqual(served.toSorted());
  });

  it('takes the first form that is wanted and known', async () => {
    const both = `${AGGREGATED('v2beta1')},${AGGREGATED('v2')};q=0.5,application/json;q=0.1`;
    expect((await get('/apis', both)).json.apiVersion).toBe('apidiscovery.k8s.io/v2beta1');
    expect((await get('/apis', `application/json,${AGGREGATED('v2')}`)).json.kind).toBe('APIGroupList');
    expect((await get('/apis', `${AGGREGATED('v9')},application/json`)).json.kind).toBe('APIGroupList');
  });

  it('writes the classic documents in YAML and protobuf too', async () => {
    const yaml = await get('/apis/apps/v1', 'application/yaml');
    expect(yaml.text).toContain('groupVersion: apps/v1');
    for (const [path, kind] of [
      ['/api', 'APIVersions'],
      ['/apis', 'APIGroupList'],
      ['/apis/apps', 'APIGroup'],
      ['/api/v1', 'APIResourceList'],
    ] as const) {
      const { bytes, headers } = await get(path, PROTOBUF);
      expect(headers['content-type']).toBe(PROTOBUF);
      const { raw, ...typeMeta } = unwrap(bytes);
      expect(typeMeta).toEqual({ apiVersion: 'v1', kind });
      const { json } = await get(path);
      const { kind: _kind, apiVersion: _apiVersion, ...fields } = json;
      expect(withoutEmpty(decodeMessage(`k8s.io.apimachinery.pkg.apis.meta.v1.${kind}`, raw))).toEqual(
        withoutEmpty(fields),
      );
    }
  });

  it('names where the server is reached, and what else it has', async () => {
    const { json } = await get('/api');
    expect(json.serverAddressByClientCIDRs[0].serverAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await get('/')).json.paths).toEqual(expect.arrayContaining(['/api/v1', '/apis/apps', '/openapi/v3']));
  });

  it.each(['/apis/apps/v9', '/apis/policy/v1beta1', '/api/v9', '/api/v1/daemonsets', '/version/x'])(
    'has nothing at %s',
    async (path) => {
      expect((await get(path)).json).toMatchObject({ code: 404, reason: 'NotFound' });
    },
  );

  it.each(['/apis/none', '/apis/none/v1/things', '/apis/v1', '/none', '/readyz/none'])(
    'has not even a group for %s, and says so as upstream',
    async (path) => {
      const { status, text, headers } = await api.request('GET', path);
      expect([status, text, headers['content-type']]).toEqual([
        404,
        '404 page not found\n',
        'text/plain; charset=utf-8',
      ]);
    },
  );
});

/** Without empty texts, lists and `false`, which protobuf's zero values may stand for. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== '' && inner !== false);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

describe('custom resources', () => {
  it('are none at first, which is how kubectl learns that a kind is not one', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect((await get(path)).json).toMatchObject({ kind: 'CustomResourceDefinitionList', items: [] });
    expect((await get(`${path}/x`)).json.message).toBe('customresourcedefinitions.apiextensions.k8s.io "x" not found');
    expect((await api.request('POST', path, { body: {} })).status).toBe(422);
  });
});

describe('openapi', () => {
  const V2 = 'application/com.github.proto-openapi.spec.v2';
  const V3 = 'application/com.github.proto-openapi.spec.v3';

  it('leads from the index to documents that may be kept for ever', async () => {
    const index = await get('/openapi/v3');
    const { serverRelativeURL } = JSON.parse(index.text).paths['apis/apps/v1'];
    const { headers, json } = await get(serverRelativeURL);
    expect(headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' });
    expect(Date.parse(String(headers.expires))).toBeGreaterThan(Date.now() + 360 * 24 * 3600 * 1000);
    expect(serverRelativeURL).toContain(String(headers.etag).replaceAll('"', ''));
    expect(json.components.schemas['io.k8s.api.apps.v1.DaemonSet'].description).toMatch(/\w+/);
    const known = { 'if-none-match': String(headers.etag) };
    expect((await get(serverRelativeURL, undefined, known)).status).toBe(304);
    expect((await get('/openapi/v3', undefined, { 'if-none-match': String(index.headers.etag) })).status).toBe(304);
  });

  it('leads from an old hash to the present one', async () => {
    const answer = await get('/openapi/v3/api/v1?hash=OLD');
    const index = JSON.parse((await get('/openapi/v3')).text);
    expect([answer.status, answer.headers.location]).toEqual([301, index.paths['api/v1'].serverRelativeURL]);
  });

  it.each([
    ['/openapi/v2', 'application/json', 'application/json'],
    ['/openapi/v2', '*/*', 'application/json'],
    ['/openapi/v2', `${V2}@v1.0+protobuf`, `${V2}.v1.0+protobuf`],
    ['/openapi/v2', `${V2}.v1.0+protobuf`, `${V2}.v1.0+protobuf`],
    ['/openapi/v3/apis/apps/v1', 'application/json', 'application/json'],
    ['/openapi/v3/apis/apps/v1', `${V3}@v1.0+protobuf`, `${V3}.v1.0+protobuf`],
    ['/openapi/v3/apis/apps/v1', `text/plain, ${V3}.v1.0+protobuf;q=0.5`, `${V3}.v1.0+protobuf`],
  ])('%s as %s is %s', async (path, accept, type) => {
    const { status, headers, bytes } = await get(path, accept);
    expect([status, headers['content-type'], headers.vary]).toEqual([200, type, 'Accept']);
    expect(bytes.length).toBeGreaterThan(10_000);
    const again = await get(path, accept, { 'if-none-match': String(headers.etag) });
    expect(again.status).toBe(304);
  });

  it('refuses other forms, and paths that are not there', async () => {
    expect((await get('/openapi/v2', 'text/plain')).json).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    expect((await get('/openapi/v3/apis/none/v1')).status).toBe(404);
  });
});

describe('quotas and limits', () => {
  const at = (plural: string, name = '') => `/api/v1/namespaces/default/${plural}${name && `/${name}`}`;
  const table = async (path: string) => {
    const { json } = await get(path, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    const columns = json.columnDefinitions.map(({ name }: { name: string }) => name);
    return [columns, json.rows[0].cells.slice(0, -1)];
  };

  it('are kept, with a status that others write', async () => {
    const hard = { pods: '10', 'limits.cpu': '2', 'count/daemonsets.apps': '3' };
    const body = { metadata: { name: 'q' }, spec: { hard }, status: { hard } };
    const created = await api.request('POST', at('resourcequotas'), { body });
    expect([created.status, created.json.status]).toEqual([201, {}]);
    const status = { hard, used: { pods: '1', 'limits.cpu': '500m', 'count/daemonsets.apps': '1' } };
    const written = await api.request('PUT', at('resourcequotas', 'q/status'), { body: { ...created.json, status } });
    expect([written.status, written.json.status]).toEqual([200, status]);
    expect(await table(at('resourcequotas', 'q'))).toEqual([
      ['Name', 'Request', 'Limit', 'Age'],
      ['q', 'count/daemonsets.apps: 1/3, pods: 1/10', 'limits.cpu: 500m/2'],
    ]);
  });

  it('fill in what limits leave open', async () => {
    const limit = { type: 'Container', max: { cpu: '2' }, min: { cpu: '1', memory: '1Gi' } };
    const body = { metadata: { name: 'l' }, spec: { limits: [limit] } };
    const { json } = await api.request('POST', at('limitranges'), { body });
    expect(json.spec.limits[0]).toEqual({
      ...limit,
      default: { cpu: '2' },
      defaultRequest: { cpu: '2', memory: '1Gi' },
    });
    expect(await table(at('limitranges', 'l'))).toEqual([['Name', 'Created At'], ['l']]);
  });

  it.each([
    ['resourcequotas', { hard: { apples: '1' } }, 'spec.hard[apples]'],
    ['resourcequotas', { hard: { pods: '1500m' } }, 'spec.hard[pods]'],
    ['resourcequotas', { hard: { cpu: '-1' } }, 'spec.hard[cpu]'],
    ['resourcequotas', { scopes: ['BestEffort', 'NotBestEffort'] }, 'spec.scopes'],
    ['limitranges', { limits: [{ type: 'X' }] }, 'spec.limits[0].type'],
    ['limitranges', { limits: [{ type: 'Pod', default: { cpu: '1' } }] }, 'spec.limits[0].default'],
    [
      'limitranges',
      { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] },
      'spec.limits[0].min[cpu]',
    ],
    ['limitranges', { limits: [{ type: 'Container' }, { type: 'Container' }] }, 'spec.limits[1].type'],
  ])('%s refuse %j', async (plural, spec, field) => {
    const { status, json } = await api.request('POST', at(plural), { body: { metadata: { name: 'bad' }, spec } });
    expect([status, json.reason]).toEqual([422, 'Invalid']);
    expect(json.details.causes).toContainEqual(expect.objectContaining({ field }));
  });
});
