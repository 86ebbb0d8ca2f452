import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { eventually, startTestNats, type TestNats, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bus } from './index.js';

const ATTEMPTS = 3;

let nats: TestNats;

beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(() => nats.stop());

it.each([
  ['never says anything', ''],
  ['asks for TLS and says nothing more', 'INFO {"tls_required":true,"nonce":"x","proto":1}\r\n'],
])('leaves no socket behind when a server accepts connections and %s', async (_what, greeting) => {
  const open = new Set<Socket>();
  let attempts = 0;
  const server = createServer((socket) => {
    attempts += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.write(greeting);
    // Without a reader the end of the connection is not seen.
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stopping = new AbortController();
  const { signal } = stopping;
  const credential = nats.services;
  const bus = Bus.connect({ url: `nats://127.0.0.1:${port}`, credential, name: 'test', log: testLog(), signal });
  await eventually(() => expect(attempts).toBeGreaterThanOrEqual(ATTEMPTS), 15_000);
  expect(open.size).toBeLessThanOrEqual(1);
  expect(bus.trouble).toBe('not connected');
  stopping.abort();
  await bus.close();
  await eventually(() => expect(open.size).toBe(0));
  server.close();
  await once(server, 'close');
});
