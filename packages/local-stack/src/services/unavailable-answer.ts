import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { CertifiedKey } from '@everynode/certificates';

/** A client that has not completed its request by then is cut off, in ms. */
const PATIENCE_MS = 5000;
/** Clients at a time; more are cut off at once. */
const MAX_CLIENTS = 1024;
const RETRY_AFTER_SECONDS = 1;

const BODY = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'no replica of the api serves at present',
  reason: 'ServiceUnavailable',
  details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  code: 503,
});

/**
 * Answers on sockets that no replica takes, with the api's certificate: each request gets 503 with Retry-After and a
 * Status, as kube-apiserver's clients expect, where a reset would look like a broken network. Sockets may be paused.
 */
export function unavailableAnswer({ certificate, key }: CertifiedKey): (socket: Socket) => void {
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const answer = () => {
      const headers = {
        'content-type': 'application/json',
        'retry-after': String(RETRY_AFTER_SECONDS),
        connection: 'close',
      };
      response.writeHead(503, headers).end(BODY);
    };
    // A client whose body is not read to its end would get a reset in place of the answer.
    request.once('end', answer).on('error', () => undefined);
    request.resume();
  });
  let clients = 0;
  return (socket) => {
    if (clients >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    clients += 1;
    // A server that does not listen has no timeouts of its own.
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
    socket.once('close', () => {
      clients -= 1;
      clearTimeout(timer);
    });
    server.emit('connection', socket);
    socket.resume();
  };
}
