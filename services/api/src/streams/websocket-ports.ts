import { type Duplex, PassThrough, Writable } from 'node:stream';
import { CHANNEL, type Tunnel } from '@everynode/container-streams';
import type { Pod, Stored } from '@everynode/objects';
import { createWebSocketStream } from 'ws';
import type { ClientConnection } from '../http/client-connection.js';
import { carryPort, forwardingError } from './carry-port.js';
import { messageOn, openMessages, readMessage, type WebSocketMessages } from './websocket-messages.js';

/** All of SPDY inside binary messages: what kubectl speaks since 1.31. Source: KEP-4006. */
export const TUNNELLED = 'SPDY/3.1+portforward.k8s.io';

const BASE64 = 'v4.base64.channel.k8s.io';
export const PORT_PROTOCOLS = ['', 'v4.channel.k8s.io', BASE64];

/** Ports of one connection: each has two channels, and base64 names a channel by one digit. */
export const maxPorts = (protocol: string): number => (protocol === BASE64 ? 5 : 64);

/** How long what a client has sent is passed on when it is gone, in ms. */
const LAST_MS = 15_000;

/** Opens a WebSocket whose messages carry SPDY. Undefined for a handshake that was refused, and is answered. */
export function tunnelledSpdy(connection: ClientConnection): Duplex | undefined {
  const messages = openMessages(connection, TUNNELLED);
  if (!messages) return undefined;
  const duplex = createWebSocketStream(messages.webSocket);
  // While nothing is read of it, it does not end by itself.
  messages.webSocket.once('close', () => setTimeout(() => duplex.destroy(), LAST_MS).unref());
  return duplex;
}

/**
 * Forwards ports by channels, two for each port: one for data, one for an error. The first message of each is the
 * port, as 16 bits of little endian. Source: kubelet portforward, websocket.go. Never rejects.
 */
export async function serveWebSocketPorts(
  connection: ClientConnection,
  protocol: string,
  ports: readonly number[],
  pod: Stored<Pod>,
  connect: (port: number) => Promise<Tunnel>,
): Promise<void> {
  const messages = openMessages(connection, protocol);
  if (!messages) return;
  const isBase64 = protocol === BASE64;
  const encode = messageOn(isBase64);
  const inputs = new Map<number, Writable>();
  messages.webSocket.on('message', (data: Buffer) => {
    const { channel, bytes } = readMessage(data, isBase64);
    messages.pass(bytes, inputs.get(channel));
  });
  await Promise.all(
    ports.map(async (port, at) => {
      const [data, error] = [at * 2, at * 2 + 1];
      // What the client sends waits here until the port is reached.
      const input = new PassThrough();
      inputs.set(data, input);
      const number = Buffer.alloc(2);
      number.writeUInt16LE(port);
      await messages.send(encode(data, number));
      await messages.send(encode(error, number));
      const up = channelWriter(messages, (bytes) => encode(data, bytes));
      const fault = await carryPort(() => connect(port), {
        down: (tunnel) => input.pipe(tunnel.writable(CHANNEL.stdin)),
        up,
      });
      inputs.delete(data);
      if (fault !== undefined) await messages.send(encode(error, Buffer.from(forwardingError(pod, port, fault))));
    }),
  );
  messages.close();
}

function channelWriter(messages: WebSocketMessages, encode: (bytes: Buffer) => Buffer | string): Writable {
  const writer = new Writable({
    write: (chunk: Buffer, _encoding, done) => void messages.send(encode(chunk)).then(() => done()),
  });
  messages.webSocket.once('close', () => writer.destroy());
  return writer;
}
