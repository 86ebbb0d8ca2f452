import { once } from 'node:events';
import { createServer } from 'node:https';
import { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { flowOf } from '../fairness/flow.js';
import { LoopTurns } from '../fairness/loop-turns.js';
import { takeConnection } from './connection-limits.js';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends, {
    behindFrontDoor: true,
    connectionTimes: {
      handshakeTimeout: 500,
      headersTimeout: 500,
      requestTimeout: 1000,
      connectionsCheckingInterval: 50,
    },
  });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

function open(options: ConnectionOptions = {}): TLSSocket {
  const { url, ca, key, cert } = api.server;
  return connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, key, cert, ...options });
}

/** What the server says until it closes the connection. */
async function untilClosed(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (bytes) => {
    text += String(bytes);
  });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

describe('a connection that was handed over', () => {
  it('is closed when its headers do not come', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    socket.write('GET /version HTTP/1.1\r\nHost: x\r\n');
    expect(await untilClosed(socket)).toContain('408 Request Timeout');
  });

  it('is closed when a body does not come', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    const head = 'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Content-Length: 1000\r\n\r\n{`);
    expect(await untilClosed(socket)).toContain('408 Request Timeout');
  });

  it('is closed when the second request on it does not come whole', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.write('GET /version HTTP/1.1\r\n');
    expect(await untilClosed(socket)).toContain('408 Request Timeout');
  });

  it('is closed when requests come without a wait for answers', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    socket.write('GET /api/v1/nodes HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
    const answers = (await untilClosed(socket)).split('HTTP/1.1 200').length - 1;
    expect(answers).toBeLessThan(17);
    expect((await api.request('GET', '/api/v1/nodes')).status).toBe(200);
  });

  it('stays open for a watch', async () => {
    const watch = api.watch('/api/v1/nodes?watch=true&timeoutSeconds=2');
    const began = performance.now();
    await watch.ended;
    expect(watch.status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(1500);
  });
});

describe('a connection that waits for its turn', () => {
  it('may break, and nothing else does', async () => {
    const nothing = () => undefined;
    const loop = new LoopTurns({ now: () => 0, cpu: () => 0, busy: () => 0, afterPoll: nothing, after: nothing });
    const socket = new Socket();
    // Another flow is active and has used less, so the flow of the connection rests.
    loop.estimate('other', 400);
    loop.estimate(flowOf(undefined, ''), 500);
    takeConnection(createServer(), socket, loop);
    expect(loop.waiting).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy(new Error('reset by the client'));
    await closed;
  });
});

describe('a connection that ends with requests before their turn', () => {
  it('returns the room of their bodies', async () => {
    const gauge = async (): Promise<string | undefined> =>
      /^everynode_api_body_bytes (\d+)$/m.exec((await api.request('GET', '/metrics')).text)?.[1];
    const socket = open();
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const post = (path: string) =>
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
    const reviews = post('/apis/authentication.k8s.io/v1/selfsubjectreviews').repeat(5);
    socket.write(`GET /api/v1/namespaces?watch=true HTTP/1.1\r\nhost: x\r\n\r\n${reviews}`);
    await eventually(async () => expect(await gauge()).not.toBe('0'));
    socket.destroy();
    await eventually(async () => expect(await gauge()).toBe('0'));
  });
});

describe('TLS', () => {
  it.each(['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-SHA'])('has no suite %s', async (ciphers) => {
    const socket = open({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` });
    const [error] = await once(socket, 'error');
    expect(error.code).toMatch(/^ERR_SSL_.*ALERT_HANDSHAKE_FAILURE|ERR_SSL_NO_CIPHERS/);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('has no version %s', async (version) => {
    const socket = open({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' });
    const [error] = await once(socket, 'error');
    expect(error.code).toMatch(/^ERR_SSL_/);
  });

  it('has 1.2 with GCM, and 1.3', async () => {
    const older = open({ maxVersion: 'TLSv1.2' });
    await once(older, 'secureConnect');
    expect(older.getCipher().name).toMatch(/GCM|CHACHA20/);
    older.destroy();
    const newer = open();
    await once(newer, 'secureConnect');
    expect(newer.getProtocol()).toBe('TLSv1.3');
    newer.destroy();
  });
});
