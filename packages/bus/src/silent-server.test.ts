import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { eventually, testLog } from '@everynode/test-kit';
import { expect, it } from 'vitest';
import { Bus } from './index.js';

const ATTEMPTS = 3;

it('leaves no socket behind when a server accepts connections and never says anything', async () => {
  const open = new Set<Socket>();
  let attempts = 0;
  const server = createServer((socket) => {
    attempts += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    // Without a reader the end of the connection is not seen.
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stopping = new AbortController();
  const bus = Bus.connect({ url: `nats://127.0.0.1:${port}`, name: 'test', log: testLog(), signal: stopping.signal });
  await eventually(() => expect(attempts).toBeGreaterThanOrEqual(ATTEMPTS), 15_000);
  expect(open.size).toBeLessThanOrEqual(1);
  expect(bus.trouble).toBe('not connected');
  stopping.abort();
  await bus.close();
  await eventually(() => expect(open.size).toBe(0));
  server.close();
  await once(server, 'close');
});
