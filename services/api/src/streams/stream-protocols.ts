import { ApiError } from '@everynode/objects';
import type { ClientConnection } from '../http/client-connection.js';
import { opensWebSocket } from '../websocket/upgrade-requests.js';
import { chosenProtocol } from './websocket-messages.js';

const SPDY = 'spdy/3.1';

/**
 * The protocol that a client speaks over its connection, before anything is begun for it. Source: apimachinery
 * httpstream.go, Handshake. @throws ApiError BadRequest for a request without an upgrade, Forbidden for no protocol.
 */
export function checkProtocols(
  connection: ClientConnection,
  served: { webSocket: readonly string[]; spdy: readonly string[] },
): string {
  const { request, upgrade } = connection;
  if (!upgrade) throw new ApiError('BadRequest', 'Upgrade request required');
  if (opensWebSocket(request)) return chosenProtocol(connection, served.webSocket);
  const wanted = request.headers.upgrade ?? '';
  if (wanted.toLowerCase() !== SPDY) {
    throw new ApiError(
      'BadRequest',
      `unable to upgrade: missing upgrade headers in request: ${JSON.stringify(wanted)}`,
    );
  }
  const offered = [request.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((value) => value.split(',').map((protocol) => protocol.trim()));
  const chosen = served.spdy.find((protocol) => offered.includes(protocol));
  if (chosen !== undefined) return chosen;
  const lists = [offered, served.spdy].map((list) => `[${list.join(' ')}]`);
  throw new ApiError(
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports ${lists[0]}, server accepts ${lists[1]}`,
  );
}
