import type { IncomingMessage } from 'node:http';
import { opensWebSocket } from './upgrade-requests.js';

const PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The subprotocols that the client of a WebSocket offers, in its order. */
function offeredProtocols({ headers }: Pick<IncomingMessage, 'headers'>): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter(Boolean);
}

const isTokenProtocol = (protocol: string): boolean => protocol.startsWith(PREFIX);

/** Those of them that may be chosen: the one that carries a token never is. */
export const choosableProtocols = (request: Pick<IncomingMessage, 'headers'>): string[] =>
  offeredProtocols(request).filter((protocol) => !isTokenProtocol(protocol));

/**
 * The bearer token of a WebSocket: browsers cannot set the header Authorization, so it comes as a subprotocol. Returns
 * undefined without one, and an empty text, which is no token, for one that is not used as it must be: twice, not in
 * base64url, not UTF-8, or without another subprotocol to choose.
 * Source: apiserver pkg/authentication/request/websocket/protocol.go.
 */
export function webSocketToken(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  if (!opensWebSocket(request)) return undefined;
  const offered = offeredProtocols(request);
  const [token, ...more] = offered.filter(isTokenProtocol);
  if (token === undefined) return undefined;
  if (more.length > 0 || offered.length === 1) return '';
  return decoded(token.slice(PREFIX.length));
}

function decoded(text: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64url'));
  } catch {
    return '';
  }
}
