import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { decodeObject, findResource } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, readObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import type { RequestOptions } from '../../testing/test-client.js';
import { createObject } from '../rest/create.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const COUNT = 60;
const BYTES = 300_000;
const LIST = `${MAPS}?labelSelector=long`;
const GZIP = { 'accept-encoding': 'gzip' };
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** As incompressible as text gets. */
const noise = (bytes: number): string =>
  Buffer.from(Array.from({ length: bytes / 2 }, () => Math.random() * 256)).toString('hex');

/** Bytes in use outside of the heap. Freed memory counts until it is collected, some time later. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i += 1) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

interface MapItem {
  metadata: { name: string };
  data: { text: string };
}

describe('a long list', () => {
  let backends: Backends;
  let api: RunningApi;

  beforeAll(async () => {
    backends = await startBackends();
    api = await startReplica(backends);
    const made = Array.from({ length: COUNT }, async (_, i) => {
      const body = { metadata: { name: `long-${i}`, labels: { long: 'yes' } }, data: { text: noise(BYTES) } };
      expect((await api.request('POST', MAPS, { body })).status).toBe(201);
    });
    await Promise.all(made);
  }, 60_000);
  afterAll(async () => {
    await api.close();
    await backends.stop();
  });

  const inflight = async (): Promise<number> => {
    const { text } = await api.request('GET', '/metrics');
    return Number(/^everynode_api_requests_inflight (\d+)$/m.exec(text)?.[1]);
  };

  /** Reads an answer and keeps none of it. Resolves to its length. */
  const bytesRead = async (path: string, { accept = '*/*', headers = {} }: RequestOptions): Promise<number> => {
    const { url, ...credentials } = api.server;
    const [response] = (await once(
      get(url + path, { ...credentials, agent: false, headers: { accept, ...headers } }),
      'response',
    )) as [IncomingMessage];
    let length = 0;
    for await (const chunk of response) length += (chunk as Buffer).length;
    return length;
  };

  it('says the same in protobuf as in JSON, the first time, the next, and compressed', async () => {
    const { json } = await api.request('GET', LIST);
    const expected = json.items.map(({ metadata: { name }, data }: MapItem) => [name, data.text]);
    expect(expected).toHaveLength(COUNT);
    for (const headers of [{}, {}, GZIP]) {
      const answer = await api.request('GET', LIST, { accept: PROTOBUF, headers });
      const bytes = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(answer.bytes) : answer.bytes;
      const list = readObject(bytes);
      expect([list.kind, list.metadata.resourceVersion]).toEqual(['ConfigMapList', json.metadata.resourceVersion]);
      expect(list.items.map(({ metadata: { name }, data }: MapItem) => [name, data.text])).toEqual(expected);
    }
  });

  it.each([
    ['JSON', LIST, {}],
    ['JSON, compressed', LIST, { headers: GZIP }],
    ['a Table with objects', `${LIST}&includeObject=Object`, { accept: TABLE }],
    ['protobuf', LIST, { accept: PROTOBUF }],
    ['protobuf, compressed', LIST, { accept: PROTOBUF, headers: GZIP }],
  ])('is not made for those who do not read it: %s', async (_form, path, options) => {
    const stalled = Array.from({ length: 4 }, () => api.stall(path, options));
    // They have had as many turns as one who reads when that one has everything.
    expect(await bytesRead(path, options)).toBeGreaterThan((COUNT * BYTES) / 2.1);
    const held = await heldBytes();
    for (const { close } of stalled) close();
    await eventually(async () => expect(await inflight()).toBe(0));
    expect(held - (await heldBytes())).toBeLessThan(stalled.length * 8_000_000);
  });

  it('keeps the seats of others free, however many do not read it', async () => {
    const other = await startReplica(backends, { limits: { seats: 4 } });
    const as = (user: string) => ({ 'impersonate-user': user, 'impersonate-group': 'system:masters' });
    const inflightThere = async () => {
      const { text } = await other.request('GET', '/metrics');
      return Number(/^everynode_api_requests_inflight (\d+)$/m.exec(text)?.[1]);
    };
    const stalled = Array.from({ length: 8 }, () => other.stall(LIST, { headers: as('greedy') }));
    await eventually(async () => expect(await inflightThere()).toBe(2));
    expect((await other.request('GET', MAPS, { headers: as('modest') })).status).toBe(200);
    expect(await inflightThere()).toBe(2);
    for (const { close } of stalled) close();
    await eventually(async () => expect(await inflightThere()).toBe(0));
    await other.close();
  });

  it('is one page as a Table where kubectl would hold itself back for its pages; other limits are kept', async () => {
    const many = 5001;
    await api.request('POST', '/api/v1/namespaces', { body: { metadata: { name: 'crowd' } } });
    await api.context.reflector.catchUp();
    const maps = findResource('', 'v1', 'configmaps');
    if (!maps) throw new Error('configmaps are served');
    const made = Array.from({ length: many }, (_, i) => {
      const { object } = decodeObject({ value: { metadata: { name: `one-${i}`, labels: { odd: `${i % 2}` } } } }, maps);
      return createObject(api.context, { definition: maps, namespace: 'crowd', object, dryRun: false });
    });
    await Promise.all(made);
    const path = '/api/v1/namespaces/crowd/configmaps';
    const rows = async (query: string): Promise<[number, boolean]> => {
      const { json } = await api.request('GET', `${path}?${query}`, { accept: TABLE });
      return [json.rows.length, json.metadata.continue !== undefined];
    };
    expect(await rows('limit=500')).toEqual([many, false]);
    expect(await rows('limit=500&labelSelector=odd%3D1')).toEqual([2500, false]);
    expect(await rows('limit=499')).toEqual([499, true]);
    const { json } = await api.request('GET', `${path}?limit=500`);
    expect([json.items.length, json.metadata.remainingItemCount]).toEqual([500, many - 500]);
    // Who is at a later page goes on in pages, and so does who has no more than ten before him.
    expect(await rows(`limit=500&continue=${json.metadata.continue}`)).toEqual([500, true]);
    await api.request('DELETE', `${path}/one-0`);
    expect(await rows('limit=500')).toEqual([500, true]);
  });
});
