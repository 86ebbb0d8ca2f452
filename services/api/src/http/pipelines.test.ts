import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { createAuthority } from '@everynode/certificates';
import { eventually } from '@everynode/test-kit';
import { afterEach, expect, it } from 'vitest';
import { withoutPipelines } from './pipelines.js';

let server: Server;
let client: TLSSocket;

async function serve(handler: RequestListener): Promise<void> {
  const { certificate, key } = await createAuthority('test', new Date());
  server = createServer({ cert: certificate, key }, withoutPipelines(handler));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  client.on('error', () => undefined);
  await once(client, 'secureConnect');
}

afterEach(() => {
  client.destroy();
  server.close();
});

const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

it('reads the next request of a client before the end of the last answer has left', async () => {
  const answered: string[] = [];
  const ended: string[] = [];
  await serve((request, response) => {
    request.on('end', () => {
      answered.push(request.method ?? '');
      response.end(request.method === 'GET' ? LARGE : 'stored', () => ended.push(request.method ?? ''));
    });
    request.resume();
  });
  // A client that reads nothing yet: what it is sent does not fit into the buffers between the two.
  client.pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await eventually(() => expect(answered).toEqual(['GET']));
  // Headers and body are records of their own, and come with one read.
  client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n');
  client.write('{}');
  await eventually(() => expect(answered).toEqual(['GET', 'POST']));
  expect(ended).toEqual([]);
  let text = '';
  client.on('data', (bytes: Buffer) => {
    text = `${text}${bytes.toString('latin1')}`.slice(-16);
  });
  client.resume();
  await eventually(() => expect(text).toMatch(/stored$/));
  expect(ended).toEqual(['GET', 'POST']);
});

it('closes a connection that sends many requests without waiting', async () => {
  let count = 0;
  await serve(() => {
    count += 1;
  });
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100));
  await once(client, 'close');
  expect(count).toBe(16);
});
