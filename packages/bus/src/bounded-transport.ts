import { createConnection, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';

/**
 * The client's transport, which also ends the socket of an attempt that is given up. The client's own close ignores a
 * connection that is not complete (3.3.1, and 3.4.0): each attempt at a server that accepts a connection and says
 * nothing, or at an address that drops packets, would leave a socket behind.
 */
class BoundedTransport extends NodeTransport {
  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: hostname, port, noDelay: true });
      // From now on, so that an attempt that is given up while it dials ends this socket.
      this.socket = socket;
      let reason: Error | undefined;
      socket.once('error', (error) => {
        reason = error;
      });
      socket.once('close', () => reject(reason ?? new Error('the connection was closed')));
      socket.once('connect', () => {
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  override async close(error?: Error): Promise<void> {
    if (this.connected) return await super.close(error);
    this.done = true;
    // The client has removed the listeners of a socket that it gave up while it waited for the server's first word.
    this.socket?.on('error', () => undefined);
    this.socket?.destroy();
  }
}

/** Connects as the client's own `connect` does. An attempt that fails leaves nothing behind. */
export function connectBounded(options: ConnectionOptions): Promise<NatsConnection> {
  // For all connections of the process; the client's own `connect` sets another one each time.
  setTransportFactory({ factory: () => new BoundedTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
