import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';

/** A connection whose client has asked for another protocol, and the bytes that came behind the request. */
export interface UpgradeRequest {
  socket: Duplex;
  head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, UpgradeRequest>();

/** Undefined for a request that asks for no other protocol. */
export function upgradeOf(request: IncomingMessage): UpgradeRequest | undefined {
  return upgrades.get(request);
}

/** True for the request that opens a WebSocket. Source: pkg/util/httpstream/wsstream, IsWebSocketRequest. */
export function opensWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && /(^|,)\s*upgrade\s*(,|$)/i.test(headers.connection ?? '');
}

/**
 * Serves requests that ask for another protocol as all others are served: their clients are authenticated, they get
 * their turns, and a refusal is a Status. The handler may then take the connection over (`upgradeOf`). Where it does
 * not, the connection ends with the answer, since Node.js has stopped to read requests from it. For the same reason
 * there is no way to read a body, and a request that has one is refused.
 */
export function serveUpgrades(https: Server, handler: RequestListener): void {
  https.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node.js has given the socket away, with its listeners: an error without one would end the process.
    socket.on('error', () => socket.destroy());
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (encoding !== undefined || Number(length) !== 0) {
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    upgrades.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once('finish', () => request.socket.destroySoon());
    handler(request, response);
  });
}
