import type { Duplex } from 'node:stream';
import type { ClientConnection } from '../http/client-connection.js';

/** How long a client may take to open streams that belong together, in ms. Source: kubelet, StreamCreationTimeout. */
export const STREAM_CREATION_MS = 30_000;

/** Answers the request for SPDY. Returns the connection, with what the client has sent behind its request. */
export function upgradeToSpdy(connection: ClientConnection, protocol: string): Duplex {
  const { socket, head } = connection.takeOver();
  if (head.length > 0) socket.unshift(head);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  return socket;
}
