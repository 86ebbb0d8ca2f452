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
    readOn(socket, unanswered);
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    handler(request, response);
  };
}

/**
 * Lets Node.js read a request to its end. While an answer is on its way to the client, Node.js pauses its parser
 * behind the headers of the next request. Over TLS the body may come with the same read, and then the connection is
 * closed (`HPE_PAUSED`). A client that has read the whole answer sends its next request before this process hears that
 * the answer has left: a large list was followed by a lost write. The event that is sent here ends the pause.
 */
function readOn(socket: Socket, unanswered: ReadonlySet<ServerResponse>): void {
  if (!socket.writableNeedDrain) return;
  // An answer that is still being made is told only when there is room.
  for (const response of unanswered) if (!response.writableEnded) return;
  socket.emit('drain');
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
