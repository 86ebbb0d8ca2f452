import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import type { Answer } from '../../testing/test-client.js';
import { decodeToken, encodeToken } from '../read/continue-token.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

let backends: Backends;
let api: RunningApi;
/** Revisions after each of four changes: a made, b made, a changed, b gone and c made. */
let revisions: string[];

const map = (name: string, data: object = {}, labels: object = {}) => ({ metadata: { name, labels }, data });
const write = async (method: string, path: string, body?: unknown): Promise<string> =>
  (
    await api.request(method, path, {
      body,
      contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    })
  ).json.metadata.resourceVersion;
const names = ({ json }: Answer): string[] =>
  json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
const list = (query: string, path = MAPS, replica = api) => replica.request('GET', `${path}?${query}`);

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  const labels = { of: 'history' };
  revisions = [
    await write('POST', MAPS, map('a', { v: '1' }, labels)),
    await write('POST', MAPS, map('b', {}, labels)),
    await write('PATCH', `${MAPS}/a`, { data: { v: '2' } }),
  ];
  await api.request('DELETE', `${MAPS}/b`);
  revisions.push(await write('POST', MAPS, map('c', {}, labels)));
});

afterAll(async () => {
  await api.close();
  await backends.stop();
});

describe('a list at a revision', () => {
  const H = 'labelSelector=of%3Dhistory';

  it.each([
    ['no revision', () => H, ['a2', 'c']],
    ['any', () => `${H}&resourceVersion=0`, ['a2', 'c']],
    ['not older than', () => `${H}&resourceVersion=${revisions[0]}`, ['a2', 'c']],
    [
      'not older than, by name',
      () => `${H}&resourceVersion=${revisions[0]}&resourceVersionMatch=NotOlderThan`,
      ['a2', 'c'],
    ],
    ['exactly, the first', () => `${H}&resourceVersion=${revisions[0]}&resourceVersionMatch=Exact`, ['a1']],
    ['exactly, the second', () => `${H}&resourceVersion=${revisions[1]}&resourceVersionMatch=Exact`, ['a1', 'b']],
    ['exactly, the third', () => `${H}&resourceVersion=${revisions[2]}&resourceVersionMatch=Exact`, ['a2', 'b']],
    ['exactly, the last', () => `${H}&resourceVersion=${revisions[3]}&resourceVersionMatch=Exact`, ['a2', 'c']],
    ['a limit, which means exactly', () => `${H}&resourceVersion=${revisions[1]}&limit=9`, ['a1', 'b']],
    [
      'a limit, but not older than',
      () => `${H}&resourceVersion=${revisions[1]}&limit=9&resourceVersionMatch=NotOlderThan`,
      ['a2', 'c'],
    ],
    ['any, which has no limit', () => `${H}&resourceVersion=0&limit=1`, ['a2', 'c']],
  ])('%s', async (_what, query, expected) => {
    const { status, json } = await list(query());
    expect(status).toBe(200);
    expect(
      json.items.map(
        (item: { metadata: { name: string }; data?: { v?: string } }) => item.metadata.name + (item.data?.v ?? ''),
      ),
    ).toEqual(expected);
    expect(json.metadata.continue).toBeUndefined();
    if (query().includes('Exact')) expect(query()).toContain(`resourceVersion=${json.metadata.resourceVersion}&`);
  });

  it('is refused when the revision is still to come, or is none', async () => {
    const later = await list('resourceVersion=999999999');
    expect(later.json).toMatchObject({
      reason: 'Timeout',
      code: 504,
      message: expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/),
      details: {
        retryAfterSeconds: 1,
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      },
    });
    const none = await list('resourceVersion=new');
    expect(none.json).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: expect.stringContaining('"new": invalid syntax'),
    });
    const both = await list('resourceVersion=1&resourceVersionMatch=Newest');
    expect(both.json).toMatchObject({
      code: 422,
      details: { group: 'meta.k8s.io', kind: 'ListOptions', causes: [{ field: 'resourceVersionMatch' }] },
    });
  });
});

describe('a list in pages', () => {
  beforeAll(async () => {
    for (let i = 0; i < 7; i += 1) await write('POST', MAPS, map(`page-${i}`, {}, { page: 'yes' }));
  });

  it('shows one moment, on another replica too', async () => {
    const other = await startReplica(backends);
    const first = await list('labelSelector=page&limit=3');
    // How many are left is not told when a selector decides it.
    expect(first.json.metadata.remainingItemCount).toBeUndefined();
    await api.request('DELETE', `${MAPS}/page-6`);
    await write('PATCH', `${MAPS}/page-5`, { data: { late: 'yes' } });
    await write('POST', MAPS, map('page-55', {}, { page: 'yes' }));
    const second = await list(`labelSelector=page&limit=3&continue=${first.json.metadata.continue}`, MAPS, other);
    const third = await list(`labelSelector=page&limit=3&continue=${second.json.metadata.continue}`);
    expect([first, second, third].map(names)).toEqual([
      ['page-0', 'page-1', 'page-2'],
      ['page-3', 'page-4', 'page-5'],
      ['page-6'],
    ]);
    expect(second.json.items[2].data).toBeUndefined();
    for (const { json } of [second, third]) {
      expect(json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
    }
    expect(third.json.metadata.continue).toBeUndefined();
    await other.close();
  });

  it('says how many are left, and gives them all without a limit', async () => {
    const all = names(await list(''));
    const first = await list('limit=2');
    expect(first.json.metadata.remainingItemCount).toBe(all.length - 2);
    const rest = await list(`continue=${first.json.metadata.continue}&resourceVersion=0`);
    expect([...names(first), ...names(rest)]).toEqual(all);
  });

  it('pages over all namespaces and over what has none, in the order of keys', async () => {
    for (const name of ['a', 'a-b']) await write('POST', '/api/v1/namespaces', { metadata: { name } });
    for (const namespace of ['a', 'a-b'])
      await write('POST', MAPS.replace('default', namespace), map('x', {}, { both: 'yes' }));
    for (const [path, query] of [
      ['/api/v1/configmaps', 'labelSelector=both'],
      ['/api/v1/namespaces', ''],
    ] as const) {
      const keys: string[] = [];
      for (let token = ''; ; ) {
        const { json } = await list(`${query}&limit=1${token && `&continue=${token}`}`, path);
        for (const { metadata } of json.items) keys.push(`${metadata.namespace ?? ''}/${metadata.name}`);
        token = json.metadata.continue ?? '';
        if (token === '') break;
      }
      expect(keys.length).toBeGreaterThan(1);
      expect(keys).toEqual([...keys].sort());
    }
  });

  it('goes on with what is there now when its moment is gone', async () => {
    const first = await list('labelSelector=page&limit=2');
    // Such as another replica gave, before a moment that this one knows nothing of any more.
    const { start } = decodeToken(first.json.metadata.continue);
    const elsewhere = encodeToken({ revision: Number(first.json.metadata.resourceVersion) - 1, start });
    await write('POST', MAPS, map('page-11', {}, { page: 'yes' }));
    await api.context.reflector.catchUp();
    api.context.watches.onRelisted(api.context.reflector.revision);
    // The first page was read here, so that the others are to be had.
    const next = await list(`labelSelector=page&limit=2&continue=${first.json.metadata.continue}`);
    expect(names(next)).not.toContain('page-11');
    const expired = await list(`labelSelector=page&limit=2&continue=${elsewhere}`);
    expect(expired.json).toMatchObject({ code: 410, reason: 'Expired' });
    const token = expired.json.metadata.continue;
    expect(names(await list(`labelSelector=page&limit=2&continue=${token}`))).toEqual(['page-11', 'page-2']);
    const old = await list(`resourceVersion=${revisions[0]}&resourceVersionMatch=Exact`);
    expect(old.json).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('refuses tokens that are none, and revisions beside them', async () => {
    const { json } = await list('limit=1');
    expect((await list('continue=nonsense')).json).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect((await list(`continue=${json.metadata.continue}&resourceVersion=5`)).json).toMatchObject({
      code: 400,
      message: 'specifying resource version is not allowed when using continue',
    });
  });
});

describe('selectors', () => {
  beforeAll(async () => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await write('POST', PODS, { metadata: { name: 'p1' }, spec: { ...spec, nodeName: 'n1', hostNetwork: true } });
    await write('POST', PODS, {
      metadata: { name: 'p2' },
      spec: { ...spec, schedulerName: 'mine', restartPolicy: 'Never' },
    });
    await write('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' }, type: 'example.com/x' });
  });

  it.each([
    [PODS, 'metadata.name=p1', ['p1']],
    [PODS, 'metadata.name!=p1', ['p2']],
    [PODS, 'metadata.namespace=default,metadata.name=p2', ['p2']],
    [PODS, 'metadata.namespace=other', []],
    [PODS, 'spec.nodeName=n1', ['p1']],
    [PODS, 'spec.nodeName!=n1', ['p2']],
    [PODS, 'spec.nodeName=', ['p2']],
    [PODS, 'spec.host=n1', ['p1']],
    [PODS, 'spec.restartPolicy=Never', ['p2']],
    [PODS, 'spec.schedulerName=mine', ['p2']],
    [PODS, 'spec.hostNetwork=true', ['p1']],
    [PODS, 'spec.serviceAccountName=other', []],
    [PODS, 'status.phase=Pending', ['p1', 'p2']],
    [PODS, 'status.phase!=Pending,status.podIP=,status.podIPs=,status.nominatedNodeName=', []],
    ['/api/v1/namespaces/default/secrets', 'type=example.com/x', ['s']],
    ['/api/v1/namespaces', 'status.phase=Active,metadata.name=default', ['default']],
    [MAPS, 'metadata.name=a', ['a']],
    ['/api/v1/configmaps', 'metadata.name=a,metadata.namespace=default', ['a']],
  ])('%s %s', async (path, selector, expected) => {
    expect(names(await list(`fieldSelector=${encodeURIComponent(selector)}`, path))).toEqual(expected);
  });

  it.each([
    [PODS, 'spec.color=red', 'field label not supported: spec.color'],
    ['/api/v1/namespaces', 'metadata.namespace=x', 'field label not supported: metadata.namespace'],
    ['/api/v1/nodes', 'spec.providerID=x', 'field label not supported: spec.providerID'],
    [MAPS, 'data=x', '"data" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    [PODS, 'a', "invalid selector: 'a'; can't understand 'a'"],
  ])('%s %s is refused', async (path, selector, message) => {
    const { json } = await list(`fieldSelector=${encodeURIComponent(selector)}`, path);
    expect(json).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });

  it('refuses labels that do not parse', async () => {
    expect((await list('labelSelector=a+b')).json).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('the form of a list', () => {
  it('is indented for people', async () => {
    const { text } = await list('pretty=true&limit=1');
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
    const one = await api.request('GET', `${MAPS}/a`, { headers: { 'user-agent': 'curl/8.5.0' } });
    expect(one.text).toBe(JSON.stringify(one.json, null, 2));
    const missing = await api.request('GET', `${MAPS}/none?pretty=1`);
    expect(missing.text).toBe(JSON.stringify(missing.json, null, 2));
  });

  it('is YAML, a Table or metadata in YAML too', async () => {
    const answers = await Promise.all(
      ['', ';as=Table;v=v1;g=meta.k8s.io', ';as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'].map((as) =>
        api.request('GET', `${MAPS}?fieldSelector=metadata.name%3Da`, { accept: `application/yaml${as}` }),
      ),
    );
    expect(answers.map(({ headers }) => headers['content-type'])).toEqual(answers.map(() => 'application/yaml'));
    expect(answers.map(({ text }) => parse(text).kind)).toEqual([
      'ConfigMapList',
      'Table',
      'PartialObjectMetadataList',
    ]);
  });

  it.each([
    ['None', null],
    ['Metadata', 'PartialObjectMetadata'],
    ['Object', 'ConfigMap'],
  ])('includes %s in rows', async (include, kind) => {
    const query = `fieldSelector=metadata.name%3Da&includeObject=${include}`;
    const { json } = await api.request('GET', `${MAPS}?${query}`, { accept: TABLE });
    expect(json.rows[0].object?.kind ?? null).toBe(kind);
  });

  it('is refused with what there is instead', async () => {
    const include = await api.request('GET', `${MAPS}?includeObject=All`, { accept: TABLE });
    expect(include.json).toMatchObject({
      code: 400,
      message: expect.stringContaining('Unable to convert to Table as requested: includeObject'),
    });
    const one = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const [asOne, asList] = [
      await api.request('GET', MAPS, { accept: one }),
      await api.request('GET', `${MAPS}/a`, { accept: one.replace('Metadata;', 'MetadataList;') }),
    ];
    expect(asOne.json).toMatchObject({
      code: 406,
      message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
    });
    expect(asList.json).toMatchObject({
      code: 406,
      message: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    });
    const yaml = await api.request('GET', `${MAPS}?watch=1`, { accept: 'application/yaml' });
    expect([yaml.status, parse(yaml.text).reason]).toEqual([406, 'NotAcceptable']);
  });

  it('comes in parts when it is large, compressed or not, in every form', async () => {
    const text = 'x'.repeat(40_000);
    for (let i = 0; i < 12; i += 1) await write('POST', MAPS, map(`large-${i}`, { text }, { large: 'yes' }));
    const path = `${MAPS}?labelSelector=large`;
    const plain = await api.request('GET', path);
    expect(plain.headers['content-length']).toBeUndefined();
    expect(plain.json.items).toHaveLength(12);
    const packed = await api.request('GET', path, { headers: { 'accept-encoding': 'gzip' } });
    expect([packed.headers['content-encoding'], packed.headers.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(JSON.parse(gunzipSync(packed.bytes).toString())).toEqual(plain.json);
    const protobuf = await api.request('GET', path, { accept: 'application/vnd.kubernetes.protobuf' });
    expect(protobuf.bytes.subarray(0, 4).toString()).toBe('k8s\0');
    expect(protobuf.bytes.length).toBeGreaterThan(12 * text.length);
    const { json } = await api.request('GET', path, { accept: TABLE });
    expect(json.rows).toHaveLength(12);
  });
});

describe('methods', () => {
  it.each([
    ['HEAD', MAPS, 'DELETE, GET, POST'],
    ['OPTIONS', `${MAPS}/a`, 'DELETE, GET, PATCH, PUT'],
    ['POST', `${MAPS}/a`, 'DELETE, GET, PATCH, PUT'],
    ['PUT', MAPS, 'DELETE, GET, POST'],
    ['POST', '/api/v1/configmaps', 'GET'],
    ['DELETE', '/api/v1/watch/pods', 'GET'],
    ['GET', `${PODS}/p1/binding`, 'POST'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const answer = await api.request(method, path);
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
    if (method !== 'HEAD') expect(answer.json).toMatchObject({ kind: 'Status', reason: 'MethodNotAllowed' });
  });

  it('have their time, which the client may shorten', async () => {
    expect((await list('timeout=invalid')).json).toMatchObject({
      code: 400,
      message: expect.stringContaining('invalid timeout specified in the request URL'),
    });
    expect((await list('timeout=30s')).status).toBe(200);
    // A revision that does not come is waited for; the client's time is up first.
    expect((await list('timeout=50ms&resourceVersion=999999999')).json).toMatchObject({
      code: 504,
      reason: 'Timeout',
      message: 'Timeout: request did not complete within the allotted timeout',
    });
  });
});

describe('health', () => {
  it.each([
    ['/healthz', 'ok'],
    ['/livez/ping', 'ok'],
    ['/readyz/postgres', 'ok'],
    ['/livez?verbose', '[+]ping ok\nlivez check passed\n'],
    ['/livez?verbose&exclude=ping', '[+]ping excluded: ok\nlivez check passed\n'],
    [
      '/readyz?verbose&exclude=nats&exclude=other',
      '[+]ping ok\n[+]postgres ok\n[+]nats excluded: ok\n[+]cache ok\n[+]shutdown ok\n' +
        'warn: some health checks cannot be excluded: no matches for "other"\nreadyz check passed\n',
    ],
  ])('%s', async (path, expected) => {
    // Without an identity a client sees the whole, and no single check: see authorise.test.ts.
    const { status, text } = await api.request('GET', path);
    expect([status, text]).toEqual([200, expected]);
  });

  it('has no checks but its own, and tells metrics to those with a certificate', async () => {
    expect(await api.request('GET', '/readyz/none')).toMatchObject({ status: 404, text: '404 page not found\n' });
    const { text } = await api.request('GET', '/metrics');
    expect(text).toContain('everynode_api_requests_inflight');
    expect((await api.request('GET', '/metrics', { anonymous: true })).status).toBe(401);
  });
});
