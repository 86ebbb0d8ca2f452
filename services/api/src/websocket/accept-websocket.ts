import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { UpgradeRequest } from './upgrade-requests.js';

/** RFC 6455, section 7.4.1: the purpose of the connection is fulfilled. */
export const DONE = 1000;

interface Acceptance {
  /** Of those that the client offers; empty for none. */
  protocol: string;
  /** The longest message of the client, in bytes. A longer one closes the connection. */
  maxReceived: number;
}

/**
 * Opens the WebSocket of a request: the handshake is written before this returns. Undefined for one that breaks the
 * rules of WebSockets, which is answered 400, and closed.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  { socket, head }: UpgradeRequest,
  { protocol, maxReceived }: Acceptance,
): WebSocket | undefined {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxReceived,
    handleProtocols: () => protocol || false,
  });
  let opened: WebSocket | undefined;
  server.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate());
    opened = webSocket;
  });
  return opened;
}
