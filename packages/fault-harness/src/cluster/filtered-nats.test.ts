import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionProof } from '@everynode/bus-credentials';
import { startNats } from '@everynode/local-stack';
import { eventually, TcpProxy } from '@everynode/test-kit';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { NatsFrames } from './nats-frames.js';

it('sees the messages of a server through its TLS, and holds one of them back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'everynode-filtered-'));
  const nats = await startNats({ dir });
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: nats.port });
  try {
    const [key, cert] = await Promise.all(['nats.key', 'nats.crt'].map((name) => readFile(join(dir, name), 'utf8')));
    const held: (() => void)[] = [];
    const open = () => {
      const frames = new NatsFrames();
      return (chunk: Buffer, pass: (bytes: Buffer) => void): void => {
        for (const { bytes, subject } of frames.push(chunk)) {
          if (subject === 'late') held.push(() => pass(bytes));
          else pass(bytes);
        }
      };
    };
    proxy.set({ name: 'filter', open, identity: { key: key ?? '', cert: cert ?? '', ca: nats.ca } });
    const proof = await connectionProof(nats.services);
    const connection = await connect({ servers: `127.0.0.1:${proxy.port}`, ...proof, reconnect: false });
    const received: string[] = [];
    connection.subscribe('*', { callback: (_error, { subject }) => void received.push(subject) });
    connection.publish('late', 'a');
    connection.publish('soon', 'b');
    await connection.flush();
    expect(received).toEqual(['soon']);
    for (const release of held) release();
    await eventually(() => expect(received).toEqual(['soon', 'late']));
    await connection.close();
    await eventually(() => expect(proxy.connections).toBe(0));
  } finally {
    await proxy.close();
    await nats.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
