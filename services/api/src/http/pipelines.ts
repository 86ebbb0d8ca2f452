import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that one connection may have sent before the first of them is answered. */
const MOST_AT_ONCE = 16;

/**
 * Closes a connection that sends requests without waiting for answers. Node.js reads all requests of a packet at once,
 * and several hundred fit into one. Clients of the API wait, or use HTTP/2, which is not served.
 */
export function withoutPipelines(handler: RequestListener): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > MOST_AT_ONCE) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    handler(request, response);
  };
}
