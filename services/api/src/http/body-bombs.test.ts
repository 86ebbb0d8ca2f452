import protobuf from 'protobufjs/minimal.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withRequestsBeside } from '../../testing/requests-beside.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import type { RequestOptions } from '../../testing/test-client.js';
import { wrap } from '../protobuf/envelope.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const YAML = 'application/yaml';
const APPLY = 'application/apply-patch+yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** No request may keep the process from answering another for longer, in ms. */
const LONGEST_GAP = 5000;

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  // The first YAML starts a thread.
  await api.request('POST', MAPS, { body: 'metadata: {name: first}', contentType: YAML });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const keys = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at));

const yamlMap = (count: number) => `metadata: {name: x}\ndata:\n${keys(count, (at) => `  k${at}: v\n`).join('')}`;
const jsonMap = (count: number) => `{"metadata":{"name":"x"},"data":{${keys(count, (at) => `"k${at}":"v"`).join()}}}`;
const jsonPod = (count: number) =>
  `{"metadata":{"name":"x"},"spec":{"containers":[${keys(count, () => '{}').join()}]}}`;

function protobufPod(count: number): Buffer {
  const containers = Buffer.alloc(2 * count);
  for (let at = 0; at < count; at += 1) containers[2 * at] = 0x12;
  const pod = protobuf.Writer.create().uint32(0x12).bytes(containers).finish();
  return wrap({ apiVersion: 'v1', kind: 'Pod' }, pod);
}

interface Bomb extends RequestOptions {
  method?: string;
  path?: string;
  status: number;
  says: RegExp;
}

const TOO_MANY = /^Request entity too large: .*more than \d+/;
const TOO_DEEP = /exceeded max depth/;
const MIB = 1024 * 1024;

const BOMBS: Record<string, () => Bomb> = {
  '2.9 MiB of YAML brackets': () => ({
    ...{ body: '['.repeat(2.9 * MIB), contentType: YAML, status: 400, says: TOO_DEEP },
  }),
  '2.9 MiB of YAML brackets as an apply': () => ({
    ...{ method: 'PATCH', path: `${MAPS}/x?fieldManager=x`, body: '['.repeat(2.9 * MIB), contentType: APPLY },
    ...{ status: 400, says: TOO_DEEP },
  }),
  'YAML brackets as options of a delete': () => ({
    ...{ method: 'DELETE', path: `${MAPS}/x`, body: '['.repeat(MIB), contentType: YAML, status: 400, says: TOO_DEEP },
  }),
  'a YAML ConfigMap of 180,000 keys': () => ({
    body: yamlMap(180_000),
    contentType: YAML,
    status: 413,
    says: TOO_MANY,
  }),
  'a JSON ConfigMap of 180,000 keys': () => ({ body: jsonMap(180_000), status: 413, says: TOO_MANY }),
  'a merge patch of 180,000 keys': () => ({
    ...{ method: 'PATCH', path: `${MAPS}/x`, body: jsonMap(180_000), status: 413, says: TOO_MANY },
    contentType: 'application/merge-patch+json',
  }),
  'a merge patch of as many keys as 250 KiB hold': () => ({
    ...{ method: 'PATCH', path: `${MAPS}/first`, body: jsonMap(20_000).replace('"x"', '"first"') },
    ...{ status: 413, says: TOO_MANY, contentType: 'application/merge-patch+json' },
  }),
  'a million empty containers in JSON': () => ({ path: PODS, body: jsonPod(1_000_000), status: 413, says: TOO_MANY }),
  'as many of them as 250 KiB hold': () => ({ path: PODS, body: jsonPod(85_000), status: 413, says: TOO_MANY }),
  'a million empty containers in protobuf': () => ({
    ...{ path: PODS, body: protobufPod(1_000_000), contentType: PROTOBUF, status: 413, says: TOO_MANY },
  }),
  'the most containers that are read, all of them wrong': () => ({
    ...{ path: PODS, body: jsonPod(10_000), status: 422, says: /and \d+ more/ },
  }),
};

describe('a body that costs much to read', () => {
  it.each(Object.keys(BOMBS))('is refused, and holds up no other request: %s', async (name) => {
    const { method = 'POST', path = MAPS, status, says, ...options } = BOMBS[name]?.() ?? expect.fail();
    const { answer, gapMs } = await withRequestsBeside(api, () => api.request(method, path, options));
    expect(answer.json).toMatchObject({ kind: 'Status', code: status, message: expect.stringMatching(says) });
    expect(gapMs).toBeLessThan(LONGEST_GAP);
  });

  it('has a hundred causes at most', async () => {
    const { json } = await api.request('POST', PODS, { body: jsonPod(300) });
    expect(json.details.causes).toHaveLength(100);
    expect(json.message).toMatch(/and 500 more\]$/);
  });
});
