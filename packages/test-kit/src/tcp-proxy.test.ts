import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './eventually.js';
import { TcpProxy } from './tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
let accepted: Socket[];

/** An echo server with a proxy in front of it. */
beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

function connect(): { socket: Socket; heard: () => string; ended: Promise<string> } {
  const socket = createConnection({ host: '127.0.0.1', port: proxy.port });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve('closed'));
  });
  return { socket, heard: () => text, ended };
}

describe('a TCP proxy', () => {
  it('passes bytes both ways, and ends', async () => {
    const { socket, heard, ended } = connect();
    socket.write('hello');
    await eventually(() => expect(heard()).toBe('hello'));
    expect(proxy.connections).toBe(1);
    socket.end();
    expect(await ended).toBe('closed');
    await eventually(() => expect(proxy.connections).toBe(0));
  });

  it('holds everything back while it stalls, and passes it afterwards', async () => {
    const { socket, heard } = connect();
    socket.write('a');
    await eventually(() => expect(heard()).toBe('a'));
    proxy.set({ name: 'stall' });
    socket.write('b');
    const other = connect();
    other.socket.write('c');
    await eventually(() => expect(proxy.connections).toBe(2));
    expect([heard(), other.heard()]).toEqual(['a', '']);
    proxy.set({ name: 'pass' });
    await eventually(() => expect([heard(), other.heard()]).toEqual(['ab', 'c']));
  });

  it('resets all connections when it cuts, and refuses new ones when told to', async () => {
    const { socket, heard, ended } = connect();
    socket.write('a');
    await eventually(() => expect(heard()).toBe('a'));
    expect(proxy.cut()).toBe(1);
    expect(await ended).toBe('ECONNRESET');
    proxy.set({ name: 'refuse' });
    expect(await connect().ended).toBe('ECONNRESET');
  });

  it('loses the answers that match, and all after them', async () => {
    const { socket, heard } = connect();
    proxy.set({ name: 'swallow', match: (chunk) => chunk.includes('x'), afterwards: 'stall' });
    socket.write('a');
    await eventually(() => expect(heard()).toBe('a'));
    socket.write('x');
    await eventually(() => expect(proxy.swallowed).toBe(1));
    proxy.set({ name: 'pass' });
    socket.write('b');
    const other = connect();
    other.socket.write('y');
    await eventually(() => expect(other.heard()).toBe('y'));
    expect(heard()).toBe('a');
  });

  it('passes what a filter of each connection lets through, now or later', async () => {
    const early = connect();
    early.socket.write('a');
    await eventually(() => expect(early.heard()).toBe('a'));
    const held: (() => void)[] = [];
    const open = () => (chunk: Buffer, pass: (bytes: Buffer) => void) => {
      if (chunk.includes('x')) held.push(() => pass(chunk));
      else pass(chunk);
    };
    proxy.set({ name: 'filter', open });
    const { socket, heard } = connect();
    for (const one of [early.socket, socket]) one.write('x');
    await eventually(() => expect([early.heard(), held.length]).toEqual(['ax', 1]));
    proxy.set({ name: 'pass' });
    socket.write('b');
    await eventually(() => expect(heard()).toBe('b'));
    for (const release of held) release();
    await eventually(() => expect(heard()).toBe('bx'));
  });

  it('delays without changing the order', async () => {
    const { socket, heard } = connect();
    proxy.set({ name: 'delay', ms: 60 });
    const start = performance.now();
    socket.write('a');
    await eventually(() => expect(accepted).toHaveLength(1));
    socket.write('b');
    proxy.set({ name: 'pass' });
    socket.write('c');
    await eventually(() => expect(heard()).toBe('abc'));
    expect(performance.now() - start).toBeGreaterThan(50);
  });
});
