import type { Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';

/** The certificate of a NATS server with its key, and the authority that has signed it. PEM texts. */
export interface ServerIdentity {
  key: string;
  cert: string;
  ca: string;
}

/** Gets each chunk of the server, and calls `pass` with what the client shall get, now or later. */
export type ProxyFilter = (chunk: Buffer, pass: (bytes: Buffer) => void) => void;

/**
 * Joins a client of NATS with its server, and ends TLS on both sides, so that a filter sees what the server sends. The
 * server's first line comes before TLS begins, and is passed as it is. `onLost` is called when either side is gone.
 */
export function interceptNats(
  client: Socket,
  server: Socket,
  identity: ServerIdentity,
  filter: ProxyFilter,
  onLost: () => void,
): void {
  let greeting = Buffer.alloc(0);
  const onGreeting = (chunk: Buffer): void => {
    greeting = Buffer.concat([greeting, chunk]);
    if (!greeting.includes('\r\n')) return;
    server.off('data', onGreeting);
    client.write(greeting);
    const { ca, cert, key } = identity;
    const toServer = connect({ socket: server, servername: 'localhost', ca });
    const toClient = new TLSSocket(client, { isServer: true, key, cert });
    toClient.on('data', (bytes: Buffer) => toServer.write(bytes));
    toServer.on('data', (bytes: Buffer) =>
      filter(bytes, (passed) => {
        if (!toClient.destroyed) toClient.write(passed);
      }),
    );
    for (const socket of [toClient, toServer]) socket.on('error', onLost).on('end', onLost).on('close', onLost);
  };
  server.on('data', onGreeting);
  for (const socket of [client, server]) socket.setNoDelay(true).on('error', onLost).on('close', onLost);
}
