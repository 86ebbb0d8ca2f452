import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { flowOf } from '../fairness/flow.js';
import type { LoopTurns } from '../fairness/loop-turns.js';

/**
 * TLS 1.2 and later, and of TLS 1.2 only suites with forward secrecy that authenticate what they encrypt: no CBC.
 * Source: Go's crypto/tls, the order of preference of its default suites.
 */
export const TLS_LIMITS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} satisfies TlsOptions;

/** How long a client may take, in ms. */
export interface ConnectionTimes {
  /** For the TLS handshake. */
  handshakeTimeout: number;
  /** For the headers of a request. Source: apiserver/pkg/server/secure_serving.go, ReadHeaderTimeout. */
  headersTimeout: number;
  /** For a whole request, headers and body. The answer, and so a watch, may take longer. */
  requestTimeout: number;
  /** How often the two above are looked at. */
  connectionsCheckingInterval: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  handshakeTimeout: 32_000,
  headersTimeout: 32_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2000,
};

/**
 * Makes the times hold for every connection. Node.js begins to look at a server's connections when the server listens.
 * This one may never listen: the front door hands it sockets that another process has accepted. So it hears the event
 * without the act; a server that does listen afterwards begins anew, which does no harm.
 */
export function followConnections(https: Server): void {
  https.emit('listening');
}

/** What a TLS handshake with a client certificate costs the event loop, in ms: it cannot be measured here. */
const HANDSHAKE_MS = 1;

/**
 * Serves a connection that another process has accepted, at the turn of its address. It comes paused, so that no byte
 * is lost on the way.
 */
export function takeConnection(https: Server, socket: Socket, loop: LoopTurns): void {
  const flow = flowOf(undefined, socket.remoteAddress ?? '');
  // It is read from while it waits for its turn: without a listener, a reset by the client would end the process.
  socket.on('error', () => socket.destroy());
  void loop.run(flow, () => {
    if (socket.destroyed) return;
    https.emit('connection', socket);
    // A server sets this on connections that it accepts by itself. Without it an answer in parts waits 40 ms for each
    // acknowledgement.
    socket.setNoDelay(true);
    socket.resume();
    loop.estimate(flow, HANDSHAKE_MS);
  });
}
