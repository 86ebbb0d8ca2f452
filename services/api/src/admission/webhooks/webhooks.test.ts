import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../../testing/running-api.js';

interface Review {
  apiVersion: string;
  kind: string;
  request: Record<string, unknown> & { uid: string; object: Record<string, unknown> | null };
}

type Reply = object | 'hang' | number;

let backends: Backends;
let api: RunningApi;
let server: Server;
let ca: string;
/** What came in, by path. */
let seen: { path: string; review: Review }[] = [];
let replies: Record<string, (review: Review) => Reply | Promise<Reply>> = {};

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  const file = (name: string) => readFile(join(backends.pki, name), 'utf8');
  const [key, cert] = await Promise.all([file('api.key'), file('api.crt')]);
  ca = await file('ca.crt');
  server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      seen.push({ path, review });
      const reply = (await replies[path]?.(review)) ?? 404;
      if (reply === 'hang') return;
      if (typeof reply === 'number') {
        response.writeHead(reply).end('sorry');
        return;
      }
      const { apiVersion, kind, request: asked } = review;
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, allowed: true, ...reply } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
  await backends.stop();
});

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const urlOf = (path: string) => `https://localhost:${(server.address() as AddressInfo).port}${path}`;
const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

interface Hook {
  name: string;
  clientConfig?: object;
  [field: string]: unknown;
}

/** Makes a configuration, and waits until requests meet it. */
async function configure(kind: 'Validating' | 'Mutating', hooks: readonly Hook[]): Promise<void> {
  const webhooks = hooks.map(({ name, ...rest }) => ({
    name: `${name}.example.com`,
    clientConfig: { url: urlOf(`/${name}`), caBundle: Buffer.from(ca).toString('base64') },
    rules: [rule],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 5,
    ...rest,
  }));
  const plural = `${kind.toLowerCase()}webhookconfigurations`;
  const body = { metadata: { name: 'test' }, webhooks };
  const made = await api.request('POST', `${GROUP}/${plural}`, { body });
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  const cache = api.context.reflector.cache(
    `${plural}.admissionregistration.k8s.io` as 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  );
  await eventually(() => expect(cache.get('', 'test')).toBeDefined());
}

afterEach(async () => {
  for (const plural of ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']) {
    await api.request('DELETE', `${GROUP}/${plural}/test`);
    const cache = api.context.reflector.cache(
      `${plural}.admissionregistration.k8s.io` as 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    );
    await eventually(() => expect(cache.size).toBe(0));
  }
  await api.request('DELETE', CONFIGMAPS);
  seen = [];
  replies = {};
});

const create = (name: string, extra: object = {}, query = '') =>
  api.request('POST', `${CONFIGMAPS}${query}`, { body: { metadata: { name, ...extra }, data: { a: 'b' } } });
const patchOf = (operations: object[]) => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
const add = (path: string, value: unknown) => ({ op: 'add', path, value });

describe('validating webhooks', () => {
  it('receive the request, and refuse it with their own Status', async () => {
    await configure('Validating', [{ name: 'v' }]);
    replies['/v'] = ({ request }) => {
      const { data } = (request.object ?? {}) as { data?: Record<string, string> };
      if (data?.bad === undefined) return {};
      return { allowed: false, status: { message: 'it is bad', reason: 'Gone', code: 410 }, warnings: ['mind it'] };
    };
    const good = await create('good');
    expect(good.status).toBe(201);
    const { review } = seen[0] ?? {};
    expect(review?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { kind: 'ConfigMap' },
      name: 'good',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'everynode-admin' },
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'good', uid: good.json.metadata.uid } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    });
    const patch = { body: { data: { bad: 'x' } }, contentType: 'application/merge-patch+json' };
    const refused = await api.request('PATCH', `${CONFIGMAPS}/good`, patch);
    expect(refused.json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'admission webhook "v.example.com" denied the request: it is bad',
      reason: 'Gone',
      code: 410,
    });
    expect(refused.status).toBe(410);
    expect(refused.headers.warning).toBe('299 - "mind it"');
    expect(seen.at(-1)?.review.request).toMatchObject({ operation: 'UPDATE', oldObject: { data: { a: 'b' } } });
  });

  it('have admitted what is written, drawn ports of nodes and names of volumes included', async () => {
    await configure('Validating', [{ name: 'v', rules: [{ ...rule, resources: ['services', 'pods'] }] }]);
    replies['/v'] = () => ({});
    const ports = [{ port: 80 }];
    const bodies = {
      services: { metadata: { name: 'drawn' }, spec: { type: 'NodePort', clusterIP: '10.96.0.99', ports } },
      pods: { metadata: { name: 'drawn' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    };
    for (const [plural, body] of Object.entries(bodies)) {
      seen = [];
      const { status, json } = await api.request('POST', `/api/v1/namespaces/default/${plural}`, { body });
      expect([plural, status]).toEqual([plural, 201]);
      expect(json.spec).toEqual(seen[0]?.review.request.object?.spec);
      expect((await api.request('DELETE', `/api/v1/namespaces/default/${plural}/drawn`)).status).toBe(200);
    }
  });

  it('are asked about deletions, one for each object of a collection', async () => {
    await configure('Validating', [{ name: 'v', rules: [{ ...rule, operations: ['DELETE'] }] }]);
    replies['/v'] = ({ request }) => (request.name === 'kept' ? { allowed: false } : {});
    await create('kept');
    await create('gone');
    const refused = await api.request('DELETE', `${CONFIGMAPS}/kept`);
    expect([refused.status, refused.json.message]).toEqual([
      400,
      'admission webhook "v.example.com" denied the request without explanation',
    ]);
    expect(seen[0]?.review.request).toMatchObject({ object: null, oldObject: { metadata: { name: 'kept' } } });
    expect((await api.request('DELETE', `${CONFIGMAPS}/gone`)).status).toBe(200);
    replies['/v'] = () => ({ warnings: ['mind it'] });
    const { status, headers } = await api.request('DELETE', CONFIGMAPS);
    expect([status, headers.warning]).toEqual([200, '299 - "mind it"']);
  });

  it('are not asked about the deletion of an evicted pod', async () => {
    await configure('Validating', [{ name: 'v', rules: [{ ...rule, operations: ['DELETE'], resources: ['pods'] }] }]);
    replies['/v'] = () => ({ allowed: false });
    const pods = '/api/v1/namespaces/default/pods';
    const body = { metadata: { name: 'evicted' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    expect((await api.request('POST', pods, { body })).status).toBe(201);
    const refused = await api.request('DELETE', `${pods}/evicted`);
    expect(refused.status).toBe(400);
    const evicted = await api.request('POST', `${pods}/evicted/eviction`, { body: { metadata: { name: 'evicted' } } });
    expect([evicted.status, seen.length]).toEqual([201, 1]);
    expect((await api.request('GET', `${pods}/evicted`)).status).toBe(404);
  });

  it('are asked about the deletions of one request one after the other', async () => {
    for (const name of ['one', 'two', 'three']) await create(name);
    await configure('Validating', [{ name: 'v', rules: [{ ...rule, operations: ['DELETE'] }] }]);
    let asked = 0;
    let most = 0;
    replies['/v'] = async () => {
      asked += 1;
      most = Math.max(most, asked);
      // It takes its time, so that others could come meanwhile.
      await delay(50);
      asked -= 1;
      return {};
    };
    expect((await api.request('DELETE', CONFIGMAPS)).status).toBe(200);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(most).toBe(1);
  });

  const matching: [string, object, object, number][] = [
    ['another resource', { rules: [{ ...rule, resources: ['secrets'] }] }, {}, 0],
    ['another group', { rules: [{ ...rule, apiGroups: ['apps'] }] }, {}, 0],
    ['another version', { rules: [{ ...rule, apiVersions: ['v2'] }] }, {}, 0],
    ['another operation', { rules: [{ ...rule, operations: ['UPDATE'] }] }, {}, 0],
    ['the other scope', { rules: [{ ...rule, scope: 'Cluster' }] }, {}, 0],
    ['everything', { rules: [{ ...rule, resources: ['*/*'], apiGroups: ['*'], scope: 'Namespaced' }] }, {}, 1],
    ['labels', { objectSelector: { matchLabels: { a: 'b' } } }, { labels: { a: 'b' } }, 1],
    ['other labels', { objectSelector: { matchLabels: { a: 'b' } } }, {}, 0],
    ['a namespace', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, {}, 1],
    ['another namespace', { namespaceSelector: { matchLabels: { a: 'b' } } }, {}, 0],
    ['a condition', { matchConditions: [{ name: 'c', expression: 'object.metadata.name.startsWith("m")' }] }, {}, 1],
    ['a condition not', { matchConditions: [{ name: 'c', expression: 'request.operation != "CREATE"' }] }, {}, 0],
  ];
  it('are asked when they match', async () => {
    const found: [string, number][] = [];
    for (const [what, hook, metadata] of matching) {
      await configure('Validating', [{ name: 'v', ...hook }]);
      replies['/v'] = () => ({});
      seen = [];
      await create('m', metadata);
      found.push([what, seen.length]);
      await api.request('DELETE', `${GROUP}/validatingwebhookconfigurations/test`);
      await eventually(() =>
        expect(api.context.reflector.cache('validatingwebhookconfigurations.admissionregistration.k8s.io').size).toBe(
          0,
        ),
      );
      await api.request('DELETE', `${CONFIGMAPS}/m`);
    }
    expect(found).toEqual(matching.map(([what, , , calls]) => [what, calls]));
  }, 60_000);

  it('cannot stop the configurations themselves', async () => {
    const everything = { ...rule, apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
    await configure('Validating', [{ name: 'v', rules: [everything] }]);
    replies['/v'] = () => ({ allowed: false });
    expect((await create('x')).status).toBe(400);
    const gone = await api.request('DELETE', `${GROUP}/validatingwebhookconfigurations/test`);
    expect(gone.status).toBe(200);
  });

  it('must have conditions that compile', async () => {
    const hook = {
      name: 'v.example.com',
      clientConfig: { url: urlOf('/v') },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      matchConditions: [{ name: 'c', expression: 'nothing.x' }],
    };
    const body = { metadata: { name: 'bad' }, webhooks: [hook] };
    const { status, json } = await api.request('POST', `${GROUP}/validatingwebhookconfigurations`, { body });
    expect(status).toBe(422);
    expect(json.details.causes).toMatchObject([
      { reason: 'FieldValueInvalid', field: 'webhooks[0].matchConditions[0].expression' },
    ]);
    expect(json.message).toContain("undeclared reference to 'nothing' (in container '')");
  });
});

describe('webhooks for what is posted to a subresource', () => {
  const namespace = '/api/v1/namespaces/default';
  const body = { metadata: { name: 'posted' } };

  it.each([
    ['pods/eviction', 'policy', 'v1', 'Eviction', `${namespace}/pods/posted/eviction`, body],
    [
      'pods/binding',
      '',
      'v1',
      'Binding',
      `${namespace}/pods/posted/binding`,
      { ...body, target: { kind: 'Node', name: 'n' } },
    ],
    [
      'serviceaccounts/token',
      'authentication.k8s.io',
      'v1',
      'TokenRequest',
      `${namespace}/serviceaccounts/posted/token`,
      { ...body, spec: { audiences: ['a'] } },
    ],
  ])('are asked, and policies too: %s', async (resource, group, version, kind, path, posted) => {
    const [plural = '', subResource = ''] = resource.split('/');
    const object = { ...posted, apiVersion: `${group && `${group}/`}${version}`, kind };
    await configure('Validating', [{ name: 'v', rules: [{ ...rule, operations: ['CREATE'], resources: [resource] }] }]);
    replies['/v'] = () => ({ allowed: false, status: { message: 'not now' } });
    const { status, json } = await api.request('POST', path, { body: object });
    expect([status, json.message]).toEqual([400, 'admission webhook "v.example.com" denied the request: not now']);
    expect(seen.map(({ review }) => review.request)).toEqual([
      expect.objectContaining({
        operation: 'CREATE',
        ...{ subResource, name: 'posted', namespace: 'default' },
        kind: { group, version, kind },
        resource: { group: '', version: 'v1', resource: plural },
        object: expect.objectContaining({ ...object, metadata: expect.objectContaining(body.metadata) }),
        oldObject: null,
      }),
    ]);
  });
});

describe('webhooks for reviews', () => {
  it.each([
    ['authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'],
    ['authentication.k8s.io', 'tokenreviews', 'TokenReview'],
  ])('are asked, and their policy holds: %s %s', async (group, plural, kind) => {
    const spec = kind === 'TokenReview' ? { token: 'x' } : { resourceAttributes: { verb: 'get', resource: 'pods' } };
    const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
    await configure('Validating', [{ name: 'v', rules: [everything] }]);
    replies['/v'] = () => ({ allowed: false, status: { message: 'no questions' } });
    const path = `/apis/${group}/v1/${plural}`;
    const { status, json } = await api.request('POST', path, { body: { spec } });
    expect([status, json.message]).toEqual([400, 'admission webhook "v.example.com" denied the request: no questions']);
    expect(seen.map(({ review }) => review.request)).toEqual([
      expect.objectContaining({
        operation: 'CREATE',
        kind: { group, version: 'v1', kind },
        resource: { group, version: 'v1', resource: plural },
        object: expect.objectContaining({ spec: expect.objectContaining(spec) }),
        oldObject: null,
      }),
    ]);
    replies['/v'] = () => ({ allowed: true });
    expect((await api.request('POST', path, { body: { spec } })).status).toBe(201);
  });
});

describe('webhooks for streams', () => {
  const pod = '/api/v1/namespaces/default/pods/streamed';
  const streams = { operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/*'] };

  it('are asked before a stream into a pod is opened, by either method', async () => {
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
    await api.request('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'streamed' }, spec } });
    await configure('Validating', [{ name: 'v', rules: [streams] }]);
    replies['/v'] = () => ({ allowed: false, status: { message: 'attaching to pod is not allowed' } });
    for (const [method, path] of [
      ['POST', 'attach?stdin=true&tty=false&container=c'],
      ['GET', 'exec?command=ls&command=-l&stdout=1'],
      ['POST', 'portforward?ports=80,81'],
    ] as const) {
      const { status, json } = await api.request(method, `${pod}/${path}`);
      expect([status, json.message]).toEqual([
        400,
        'admission webhook "v.example.com" denied the request: attaching to pod is not allowed',
      ]);
    }
    const base = { operation: 'CONNECT', name: 'streamed', namespace: 'default', dryRun: false, options: null };
    const of = (subResource: string, kind: string, options: object) => ({
      ...base,
      subResource,
      kind: { group: '', version: 'v1', kind },
      resource: { group: '', version: 'v1', resource: 'pods' },
      object: { kind, apiVersion: 'v1', ...options },
      oldObject: null,
    });
    expect(seen.map(({ review }) => review.request)).toEqual([
      expect.objectContaining(of('attach', 'PodAttachOptions', { stdin: true, container: 'c' })),
      expect.objectContaining(of('exec', 'PodExecOptions', { stdout: true, command: ['ls', '-l'] })),
      expect.objectContaining(of('portforward', 'PodPortForwardOptions', { ports: [80, 81] })),
    ]);
  });

  it('are not asked for logs, and what they allow is answered as without them', async () => {
    await configure('Validating', [{ name: 'v', rules: [{ ...streams, resources: ['*/*'], operations: ['*'] }] }]);
    await configureMutating();
    replies['/v'] = () => ({});
    replies['/m'] = () => patchOf([{ op: 'replace', path: '/container', value: 'other' }]);
    expect((await api.request('GET', `${pod}/log`)).json.message).toContain('node "n" of the pod does not exist');
    expect(seen).toEqual([]);
    expect((await api.request('GET', `${pod}/attach?container=c`)).json.message).toBe('Upgrade request required');
    expect(seen.map(({ path }) => path)).toEqual(['/m', '/v']);
  });

  async function configureMutating(): Promise<void> {
    await configure('Mutating', [{ name: 'm', rules: [streams] }]);
  }
});

describe('webhooks that fail', () => {
  const failures: [string, Reply | undefined, object, string][] = [
    ['404', 404, {}, 'failed to call webhook: the server could not find the requested resource'],
    [
      '500',
      500,
      {},
      'failed to call webhook: an error on the server ("sorry") has prevented the request from succeeding',
    ],
    ['no response', { uid: 'other' }, {}, 'received invalid webhook response: expected response.uid='],
    ['a patch', { patch: 'W10=', patchType: 'JSONPatch' }, {}, 'validating webhook may not return response.patch'],
    [
      'a warning of no text',
      { warnings: [{ toString: 0 }] },
      {},
      'json: cannot unmarshal object into Go struct field AdmissionReview.response.warnings of type string',
    ],
    ['an annotation of no text', { auditAnnotations: { a: {} } }, {}, 'cannot unmarshal object into Go struct field'],
    ['a message of no text', { allowed: false, status: { message: {} } }, {}, 'into Go struct field Status.message'],
    [
      'a time of no number',
      { allowed: false, status: { details: { retryAfterSeconds: 'a\nb' } } },
      {},
      'cannot unmarshal string into Go struct field',
    ],
    ['causes of no list', { allowed: false, status: { details: { causes: 5 } } }, {}, 'cannot unmarshal number into'],
    ['a hanging one', 'hang', { timeoutSeconds: 1 }, ': context deadline exceeded'],
    ['unknown authority', {}, { clientConfig: { url: 'here' } }, 'x509: certificate signed by unknown authority'],
    [
      'no listener',
      {},
      { clientConfig: { url: 'https://127.0.0.1:1/v' } },
      'dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    ['no service', {}, { clientConfig: { service: { namespace: 'n', name: 's' } } }, 'service "s" not found'],
  ];
  it('fail the request or not, as they say', async () => {
    for (const [what, reply, hook, words] of failures) {
      const there = JSON.parse(JSON.stringify(hook).replace('"here"', JSON.stringify(urlOf('/v')))) as object;
      for (const failurePolicy of ['Fail', 'Ignore']) {
        await configure('Validating', [{ name: 'v', failurePolicy, ...there }]);
        replies['/v'] = () => reply ?? 404;
        const { status, json } = await create('f');
        if (failurePolicy === 'Fail') {
          expect([what, status, json.reason]).toEqual([what, 500, 'InternalError']);
          const start = 'Internal error occurred: failed calling webhook "v.example.com": ';
          expect(json.message.slice(0, start.length)).toBe(start);
          expect(json.message).toContain(words);
          expect(json.details.causes).toEqual([{ message: json.message.slice('Internal error occurred: '.length) }]);
        } else expect([what, status]).toEqual([what, 201]);
        await api.request('DELETE', `${GROUP}/validatingwebhookconfigurations/test`);
        await eventually(() =>
          expect(api.context.reflector.cache('validatingwebhookconfigurations.admissionregistration.k8s.io').size).toBe(
            0,
          ),
        );
        await api.request('DELETE', `${CONFIGMAPS}/f`);
      }
    }
  }, 90_000);

  it('refuse with a code that HTTP knows', async () => {
    await configure('Validating', [{ name: 'v' }]);
    for (const [sent, code] of [
      [1000, 599],
      [200, 400],
    ]) {
      replies['/v'] = () => ({ allowed: false, status: { code: sent } });
      const { status, json } = await create('f');
      expect([status, json.code]).toEqual([code, code]);
    }
  });

  it('hold up nothing but the requests that they are for', async () => {
    await configure('Validating', [{ name: 'v', timeoutSeconds: 30 }]);
    replies['/v'] = () => 'hang';
    const hanging = Array.from({ length: 80 }, (_, at) => create(`h${at}`));
    await eventually(() => expect(seen.length).toBeGreaterThan(40));
    const begin = performance.now();
    const other = await api.request('POST', '/api/v1/namespaces/default/secrets', {
      body: { metadata: { name: 'other' } },
    });
    expect(other.status).toBe(201);
    // Far from the 30 s that the webhook may take, on a busy machine too.
    expect(performance.now() - begin).toBeLessThan(15_000);
    server.closeAllConnections();
    replies['/v'] = () => ({});
    for (const { status } of await Promise.all(hanging)) expect([201, 500]).toContain(status);
  }, 60_000);
});

describe('mutating webhooks', () => {
  it('change objects one after the other, before validation', async () => {
    await configure('Mutating', [{ name: 'm1' }, { name: 'm2' }]);
    replies['/m1'] = () => ({ ...patchOf([add('/data/m1', 'yes')]), auditAnnotations: { k: 'v' }, warnings: ['m1'] });
    replies['/m2'] = ({ request }) => {
      const { data } = request.object as { data: Record<string, string> };
      return patchOf([add('/data/m2', `after ${data.m1}`)]);
    };
    const { status, json, headers } = await create('x');
    expect([status, json.data]).toEqual([201, { a: 'b', m1: 'yes', m2: 'after yes' }]);
    expect(headers.warning).toBe('299 - "m1"');
    expect((await api.request('GET', `${CONFIGMAPS}/x`)).json.data).toEqual(json.data);
    const patch = { body: { data: { c: 'd' } }, contentType: 'application/merge-patch+json' };
    const updated = await api.request('PATCH', `${CONFIGMAPS}/x`, patch);
    expect(updated.json.data).toEqual({ a: 'b', c: 'd', m1: 'yes', m2: 'after yes' });
  });

  it('cannot make an object that is not valid', async () => {
    await configure('Mutating', [{ name: 'm' }]);
    replies['/m'] = () => patchOf([add('/data/a~1b', 'x')]);
    const { status, json } = await create('x');
    expect([status, json.reason]).toEqual([422, 'Invalid']);
  });

  it('are asked again after others have changed the object, if they want it', async () => {
    await configure('Mutating', [{ name: 'm1', reinvocationPolicy: 'IfNeeded' }, { name: 'm2' }]);
    replies['/m1'] = ({ request }) => {
      const { data } = request.object as { data: Record<string, string> };
      return patchOf([add('/data/keys', Object.keys(data).sort().join(' '))]);
    };
    replies['/m2'] = () => patchOf([add('/data/m2', 'x')]);
    const { json } = await create('x');
    expect(json.data.keys).toBe('a keys m2');
    expect(seen.map(({ path }) => path)).toEqual(['/m1', '/m2', '/m1']);
  });

  it('come after policies that change objects, and before those that run again', async () => {
    const expression = 'Object{data: {"keys": object.data.map(key, key).filter(key, key != "keys").join(" ")}}';
    const spec = {
      matchConstraints: { resourceRules: [{ ...rule, operations: ['CREATE'] }] },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      reinvocationPolicy: 'IfNeeded',
    };
    const policies = `${GROUP}/mutatingadmissionpolicies`;
    const bindings = `${GROUP}/mutatingadmissionpolicybindings`;
    const cache = api.context.reflector.cache('mutatingadmissionpolicybindings.admissionregistration.k8s.io');
    await api.request('POST', policies, { body: { metadata: { name: 'p' }, spec } });
    await api.request('POST', bindings, { body: { metadata: { name: 'p' }, spec: { policyName: 'p' } } });
    await eventually(() => expect(cache.size).toBe(1));
    await configure('Mutating', [{ name: 'm1', reinvocationPolicy: 'IfNeeded' }]);
    replies['/m1'] = ({ request }) => {
      const { data } = request.object as { data: Record<string, string> };
      return patchOf([add('/data/m1', data.keys)]);
    };
    const { json } = await create('x');
    expect(json.data).toEqual({ a: 'b', keys: 'a m1', m1: 'a m1' });
    expect(seen).toHaveLength(2);
    await api.request('DELETE', `${policies}/p`);
    await api.request('DELETE', `${bindings}/p`);
    await eventually(() => expect(cache.size).toBe(0));
  });

  it('are not asked for dry runs that they do not support, and nothing of theirs is kept', async () => {
    await configure('Mutating', [{ name: 'm' }]);
    replies['/m'] = () => patchOf([add('/data/m', 'x')]);
    const { status, json } = await create('x', {}, '?dryRun=All');
    expect([status, json.data.m, seen[0]?.review.request.dryRun]).toEqual([201, 'x', true]);
    expect((await api.request('GET', `${CONFIGMAPS}/x`)).status).toBe(404);
  });

  it('speak v1beta1 where they prefer it', async () => {
    await configure('Mutating', [{ name: 'm', admissionReviewVersions: ['v1beta1', 'v1'] }]);
    replies['/m'] = () => ({ patch: patchOf([add('/data/m', 'x')]).patch, uid: 'any' });
    expect((await create('x')).json.data.m).toBe('x');
    expect(seen[0]?.review.apiVersion).toBe('admission.k8s.io/v1beta1');
  });

  it('decide about the object as it is when it is written', async () => {
    await create('x');
    await configure('Mutating', [{ name: 'm' }]);
    replies['/m'] = ({ request }) => {
      const { data } = request.object as { data: Record<string, string> };
      return patchOf([add('/data/seen', Object.keys(data).sort().join(' '))]);
    };
    const patch = (body: object) =>
      api.request('PATCH', `${CONFIGMAPS}/x`, { body, contentType: 'application/merge-patch+json' });
    const both = await Promise.all([patch({ data: { one: '1' } }), patch({ data: { two: '2' } })]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await api.request('GET', `${CONFIGMAPS}/x`)).json.data.seen).toMatch(/^a one (seen )?two$/);
  });
});
