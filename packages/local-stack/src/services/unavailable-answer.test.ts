import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureCertificates } from '../state/certificates.js';
import { FrontDoor } from './front-door.js';
import { unavailableAnswer } from './unavailable-answer.js';

describe('the answer when no replica serves', () => {
  let root: string;
  let ca: string;
  let door: FrontDoor;
  let port: number;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-unavailable-'));
    const { pem } = await ensureCertificates(root, 'localhost', new Date());
    ca = pem.ca;
    door = new FrontDoor({ replicas: () => [], refuse: unavailableAnswer(pem.serving), waitMs: 10 });
    port = await door.listen(0);
  });
  afterEach(async () => {
    door.close();
    await rm(root, { recursive: true, force: true });
  });

  const call = (method: string, body?: Buffer) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const agent = new Agent({ keepAlive: true });
      const sent = request({ host: '127.0.0.1', port, path: '/api/v1/pods', method, ca, agent }, resolve);
      sent.once('error', reject);
      sent.end(body);
    });

  it('is 503 with Retry-After and a Status, under the certificate of the api, and ends the connection', async () => {
    const response = await call('GET');
    expect([response.statusCode, response.headers['retry-after'], response.headers.connection]).toEqual([
      503,
      '1',
      'close',
    ]);
    expect(await json(response)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'ServiceUnavailable',
      code: 503,
      details: { retryAfterSeconds: 1 },
    });
  });

  it('reaches also a client with a large body', async () => {
    expect((await call('POST', Buffer.alloc(8 * 1024 * 1024))).statusCode).toBe(503);
  });

  it('survives a client that speaks no TLS, or hangs up', async () => {
    const ended = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.once('close', () => resolve('closed')).on('error', () => undefined);
    });
    expect(ended).toBe('closed');
    const hasty = connect(port, '127.0.0.1', () => hasty.destroy());
    expect((await call('GET')).statusCode).toBe(503);
  });
});
