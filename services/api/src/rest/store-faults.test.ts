import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { eventually, holdCounter, TcpProxy } from '@everynode/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/index.js';

let backends: Backends;
let proxy: TcpProxy;
/** Reaches Postgres through the proxy. */
let api: RunningApi;
/** Reaches it directly. */
let other: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  const direct = new URL(backends.database.url);
  direct.search = '';
  proxy = await TcpProxy.start({ host: direct.hostname, port: Number(direct.port) });
  const proxied = new URL(direct);
  proxied.port = String(proxy.port);
  other = await startReplica(backends);
  api = await startReplica({ ...backends, database: { ...backends.database, url: proxied.href } });
});

afterAll(async () => {
  proxy.set({ name: 'pass' });
  await api.close();
  await other.close();
  await proxy.close();
  await backends.stop();
});

beforeEach(async () => {
  proxy.set({ name: 'pass' });
  await eventually(() => expect(api.context.store.trouble).toBeUndefined());
});

const PATH = '/api/v1/namespaces/default/configmaps';
const JSON_PATCH = 'application/json-patch+json';
const configMap = (name: string, data: Record<string, string> = {}, finalizers: string[] = []) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, finalizers },
  data,
});
const isCommitAnswer = (chunk: Buffer): boolean => chunk.includes('COMMIT\0');

describe('a write whose COMMIT is not answered', () => {
  it('is answered as what it was, and is done once', async () => {
    await api.request('POST', PATH, { body: configMap('patched', {}, ['example.com/first']) });
    let commits = 0;
    const match = (chunk: Buffer): boolean => {
      if (!isCommitAnswer(chunk)) return false;
      commits += 1;
      return commits % 3 === 0;
    };
    proxy.set({ name: 'swallow', match, afterwards: 'cut' });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const created = await api.request('POST', PATH, { body: configMap(`created-${i}`) });
      const patched = await api.request('PATCH', `${PATH}/patched`, {
        body: [{ op: 'add', path: '/metadata/finalizers/-', value: `example.com/number-${i}` }],
        contentType: JSON_PATCH,
      });
      statuses.push(created.status, patched.status);
    }
    expect(proxy.swallowed).toBeGreaterThan(3);
    expect(statuses).toEqual(Array.from({ length: 16 }, (_, i) => (i % 2 ? 200 : 201)));
    const { json } = await other.request('GET', `${PATH}/patched`);
    expect(json.metadata.finalizers).toHaveLength(9);
  });

  it('is answered 504 without an invitation to repeat when its time is over before the outcome is known', async () => {
    proxy.set({ name: 'swallow', match: isCommitAnswer, afterwards: 'stall' });
    const answer = await api.request('POST', `${PATH}?timeout=1s`, { body: configMap('unknown') });
    expect(answer.status).toBe(504);
    expect(answer.json).toMatchObject({ kind: 'Status', reason: 'Timeout' });
    expect(answer.headers['retry-after']).toBeUndefined();
    expect((await other.request('GET', `${PATH}/unknown`)).status).toBe(200);
  });
});

describe('a write that its client has given up', () => {
  const sendPut = (name: string, value: string) => {
    const { url, ca, key, cert } = api.server;
    const body = JSON.stringify(configMap(name, { value }));
    const outgoing = httpsRequest(`${url}${PATH}/${name}`, {
      method: 'PUT',
      agent: false,
      ca,
      key,
      cert,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    outgoing.on('error', () => undefined);
    return { outgoing, body };
  };

  it('is not done after that: it ran out of time', async () => {
    await api.request('POST', PATH, { body: configMap('late', { value: 'first' }) });
    const release = await holdCounter(backends.database.url);
    const answer = await api.request('PUT', `${PATH}/late?timeout=500ms`, {
      body: configMap('late', { value: 'late' }),
    });
    expect([answer.status, answer.headers['retry-after']]).toEqual([504, undefined]);
    await release();
    await api.request('POST', PATH, { body: configMap('after-late') });
    expect((await other.request('GET', `${PATH}/late`)).json.data).toEqual({ value: 'first' });
  });

  it('is not done after that: the client hung up', async () => {
    await api.request('POST', PATH, { body: configMap('gone', { value: 'first' }) });
    const release = await holdCounter(backends.database.url);
    const { outgoing, body } = sendPut('gone', 'gone');
    const sent = performance.now();
    outgoing.end(body);
    await eventually(() => expect(api.context.store.quietMs).toBeLessThan(performance.now() - sent));
    outgoing.destroy();
    // When another client has its answer, the end of the first one's connection has been seen.
    await api.request('GET', '/readyz');
    await release();
    await api.request('POST', PATH, { body: configMap('after-gone') });
    expect((await other.request('GET', `${PATH}/gone`)).json.data).toEqual({ value: 'first' });
  });

  it('leaves nothing when the client hung up in the middle of the body', async () => {
    await api.request('POST', PATH, { body: configMap('half', { value: 'first' }) });
    const { outgoing, body } = sendPut('half', 'half');
    outgoing.write(body.slice(0, body.length / 2));
    await once(outgoing, 'socket');
    outgoing.destroy();
    await api.request('POST', PATH, { body: configMap('after-half') });
    expect((await other.request('GET', `${PATH}/half`)).json.data).toEqual({ value: 'first' });
  });
});

describe('while Postgres is away', () => {
  const REQUESTS: [method: string, path: string, options?: { body?: unknown; contentType?: string }][] = [
    ['GET', `${PATH}/away`],
    ['GET', PATH],
    ['POST', PATH, { body: configMap('new') }],
    ['POST', `${PATH}?dryRun=All`, { body: configMap('new') }],
    ['PUT', `${PATH}/away`, { body: configMap('away') }],
    ['PATCH', `${PATH}/away`, { body: [{ op: 'add', path: '/data', value: {} }], contentType: JSON_PATCH }],
    ['DELETE', `${PATH}/away`],
    ['DELETE', PATH],
  ];

  it.each(['refuse', 'stall'] as const)('(%s) each request is answered 503 or 504 in bounded time', async (mode) => {
    await other.request('POST', PATH, { body: configMap('away') });
    await api.request('GET', `${PATH}/away`);
    proxy.set({ name: mode });
    if (mode === 'refuse') proxy.cut();
    const begun = performance.now();
    const answers = await Promise.all(REQUESTS.map((request) => api.request(...request)));
    expect(performance.now() - begun).toBeLessThan(15_000);
    for (const [i, { status, headers, json }] of answers.entries()) {
      expect([i, status]).toEqual([i, 503]);
      expect(headers['retry-after']).toBe('1');
      expect(json).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    }
    await eventually(async () => expect((await api.request('GET', '/readyz')).status).toBe(503));
    proxy.set({ name: 'pass' });
    await eventually(async () => expect((await api.request('GET', '/readyz')).status).toBe(200));
    expect((await api.request('GET', `${PATH}/away`)).status).toBe(200);
  });

  it('reads that may be stale go on, and say so', async () => {
    await other.request('POST', PATH, { body: configMap('stale') });
    const listed = (await api.request('GET', PATH)).json.metadata.resourceVersion;
    const reads = [`${PATH}/stale?resourceVersion=0`, `${PATH}?resourceVersion=0`];
    const warnings = () =>
      Promise.all(
        reads.map(async (path) => {
          const { status, headers } = await api.request('GET', path);
          return [status, headers.warning];
        }),
      );
    expect(await warnings()).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    proxy.set({ name: 'refuse' });
    proxy.cut();
    const said = expect.stringMatching(
      /^299 - "this answer may be stale: it is from the cache, at revision \d+\. The store cannot be read since \d{4}-.*Z: .*"$/,
    );
    await eventually(async () => {
      expect(await warnings()).toEqual([
        [200, said],
        [200, said],
      ]);
    });
    const exact = `${PATH}?resourceVersion=${listed}&resourceVersionMatch=Exact`;
    const { status, headers } = await api.request('GET', exact);
    expect([status, headers.warning]).toEqual([200, undefined]);
    proxy.set({ name: 'pass' });
    await eventually(async () => {
      expect(await warnings()).toEqual([
        [200, undefined],
        [200, undefined],
      ]);
    });
  });
});
