import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that one connection may have sent before the first of them is answered. */
const MOST_AT_ONCE = 16;

/**
 * Closes a connection that sends requests without waiting for answers. Node.js reads all requests of a packet at once,
 * and several hundred fit into one. Clients of the API wait, or use HTTP/2, which is not served.
 */
export function withoutPipelines(handler: RequestListener): RequestListener {
  const connections = new WeakMap<Socket, Set<ServerResponse>>();
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    let unanswered = connections.get(socket);
    if (!unanswered) {
      unanswered = followed(socket);
      connections.set(socket, unanswered);
    }
    if (unanswered.size >= MOST_AT_ONCE) {
      socket.destroy();
      return;
    }
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    handler(request, response);
  };
}

/**
 * The responses of a connection that are not complete. When it closes, Node.js tells only the response whose turn it
 * is: the others hear it here, and return what they hold.
 */
function followed(socket: Socket): Set<ServerResponse> {
  const unanswered = new Set<ServerResponse>();
  socket.once('close', () => {
    for (const response of unanswered) {
      if (response.socket) continue;
      response.destroy();
      response.emit('close');
    }
  });
  return unanswered;
}
