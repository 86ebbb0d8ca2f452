import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PREFIX = 'base64url.bearer.authorization.k8s.io.';

let backends: Backends;
let api: RunningApi;
let token: string;
let folder: string;

beforeAll(async () => {
  backends = await startBackends();
  folder = await mkdtemp(join(tmpdir(), 'everynode-websocket-'));
  api = await startReplica(backends, { authorizationMode: 'AlwaysAllow', auditLog: join(folder, 'audit.log') });
  for (const path of ['/api/v1/namespaces', '/api/v1/namespaces/default/serviceaccounts']) {
    await api.request('POST', path, { body: { metadata: { name: 'default' } } });
  }
  const made = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', { body: {} });
  token = made.json.status.token;
});

afterAll(async () => {
  await api.close();
  await backends.stop();
  await rm(folder, { recursive: true });
});

interface Opened {
  webSocket: WebSocket;
  messages: { bytes: Buffer; isBinary: boolean }[];
}

function open(path: string, { protocols = [] as string[], headers = {}, asAdministrator = true } = {}): Opened {
  const { url, ca, key, cert } = api.server;
  const credentials = asAdministrator ? { key, cert } : {};
  const webSocket = new WebSocket(url.replace('https', 'wss') + path, protocols, { ca, ...credentials, headers });
  const messages: Opened['messages'] = [];
  webSocket.on('message', (bytes: Buffer, isBinary) => messages.push({ bytes, isBinary }));
  return { webSocket, messages };
}

/** The status and the body of the answer to a handshake that is refused. */
async function refusal(path: string, options?: Parameters<typeof open>[1]): Promise<{ code: number; text: string }> {
  const { webSocket } = open(path, options);
  const [, response] = await once(webSocket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { code: response.statusCode, text };
}

const create = (name: string) => api.request('POST', CONFIG_MAPS, { body: { metadata: { name } } });

describe('a watch over a WebSocket', () => {
  it('gets each event as a message of its own, and ends in order', async () => {
    await create('first');
    await create('second');
    const { webSocket, messages } = open(
      `${CONFIG_MAPS}?watch=true&timeoutSeconds=2&pretty=true&fieldSelector=metadata.name!%3Dkube-root-ca.crt`,
    );
    const closed = once(webSocket, 'close');
    await eventually(() => expect(messages.length).toBeGreaterThanOrEqual(2));
    await create('third');
    const seen = () =>
      messages.map(({ bytes }) => JSON.parse(bytes.toString())).map(({ type, object }) => [type, object.metadata.name]);
    await eventually(() =>
      expect(seen()).toEqual([
        ['ADDED', 'first'],
        ['ADDED', 'second'],
        ['ADDED', 'third'],
      ]),
    );
    expect(messages.every(({ isBinary }) => !isBinary)).toBe(true);
    expect((await closed)[0]).toBe(1000);
  });

  it('is of bytes for protobuf, without the lengths of a stream', async () => {
    const accept = 'application/vnd.kubernetes.protobuf;stream=watch';
    const { webSocket, messages } = open(`${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Dfirst`, {
      headers: { accept },
    });
    await eventually(() => expect(messages).toHaveLength(1));
    const [message] = messages;
    expect(message?.isBinary).toBe(true);
    // Field 1 of a WatchEvent: its type.
    expect(message?.bytes.subarray(0, 7)).toEqual(Buffer.from('\x0a\x05ADDED'));
    webSocket.close();
  });

  it('is refused with a Status before it is opened', async () => {
    const { code, text } = await refusal(`${CONFIG_MAPS}?watch=true&resourceVersion=abc`);
    expect(code).toBe(422);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'Invalid' });
    // Another request is answered as without the upgrade.
    expect((await refusal(`${CONFIG_MAPS}/first`)).code).toBe(200);
  });

  it('harms no other client when its connection breaks', async () => {
    for (const path of [`${CONFIG_MAPS}?watch=true`, '/version']) {
      const { hostname, port } = new URL(api.server.url);
      const { ca, key, cert } = api.server;
      const raw = createConnection(Number(port), hostname);
      const socket = connect({ socket: raw, host: hostname, ca, key, cert });
      await once(socket, 'secureConnect');
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
          'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff',
        'latin1',
      );
      await once(socket, 'data');
      raw.resetAndDestroy();
      await once(socket, 'close');
    }
    await create('later');
    expect((await api.request('GET', `${CONFIG_MAPS}/later`)).status).toBe(200);
  });

  it('is in the audit log when it begins and when it has ended, however that is', async () => {
    const path = `${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Daudited`;
    const { webSocket } = open(path);
    await once(webSocket, 'open');
    const stages = async (): Promise<unknown[]> => {
      const lines = (await readFile(join(folder, 'audit.log'), 'utf8')).trim().split('\n');
      const events = lines.map((line) => JSON.parse(line));
      return events
        .filter(({ requestURI }) => requestURI === path)
        .map(({ stage, responseStatus: { code } }) => [stage, code]);
    };
    await eventually(async () => expect(await stages()).toEqual([['ResponseStarted', 101]]));
    webSocket.terminate();
    await eventually(async () =>
      expect(await stages()).toEqual([
        ['ResponseStarted', 101],
        ['ResponseComplete', 101],
      ]),
    );
  });

  it('is the only use of an upgrade: one with a body is refused', async () => {
    const answer = await api.request('POST', CONFIG_MAPS, {
      body: { metadata: { name: 'upgraded' } },
      headers: { connection: 'Upgrade', upgrade: 'h2c' },
    });
    expect(answer.status).toBe(400);
  });
});

describe('the token of a WebSocket', () => {
  const encoded = (text: string | Uint8Array) => `${PREFIX}${Buffer.from(text).toString('base64url')}`;
  const path = `${CONFIG_MAPS}?watch=true`;

  it('comes as a subprotocol beside the one that is chosen', async () => {
    const { webSocket, messages } = open(path, {
      protocols: [encoded(token), 'v1.events.example.com'],
      asAdministrator: false,
    });
    await eventually(() => expect(messages.length).toBeGreaterThan(0));
    expect(webSocket.protocol).toBe('v1.events.example.com');
    webSocket.close();
  });

  it.each([
    ['is not right', () => [encoded('wrong'), 'other']],
    ['is alone', () => [encoded(token)]],
    ['comes twice', () => [encoded(token), encoded('wrong'), 'other']],
    ['is no base64url', () => [`${PREFIX}a.b`, 'other']],
    ['is no UTF-8', () => [encoded(new Uint8Array([0xff, 0xfe])), 'other']],
    ['is empty', () => [PREFIX, 'other']],
  ])('is refused when it %s', async (_what, protocols) => {
    expect((await refusal(path, { protocols: protocols(), asAdministrator: false })).code).toBe(401);
  });

  it('is no token of a request that opens no WebSocket', async () => {
    const headers = { 'sec-websocket-protocol': `${encoded(token)}, other` };
    expect((await api.request('GET', CONFIG_MAPS, { anonymous: true, headers })).status).toBe(401);
  });
});
