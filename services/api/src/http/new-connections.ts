import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** The connections of a server over which no request has been accepted yet: in their handshake, or silent after it. */
export class NewConnections {
  #handshaking = 0;
  readonly #silent = new Set<Socket>();
  #onNone: () => void = () => undefined;

  constructor(server: Server) {
    const shaken = (): void => {
      this.#handshaking -= 1;
      this.#check();
    };
    server.on('connection', () => {
      this.#handshaking += 1;
    });
    // One of these two follows for each connection: the other one when the client went away, too.
    server.on('tlsClientError', shaken);
    server.on('secureConnection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.used(socket));
      shaken();
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      // It may be refused before it is accepted.
      response.once('close', () => this.used(socket));
    });
  }

  /** A request over this connection has been accepted. */
  used(socket: Socket): void {
    if (this.#silent.delete(socket)) this.#check();
  }

  /** Resolves when there is none of them, or after `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    if (this.#isNone) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#onNone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  get #isNone(): boolean {
    return this.#handshaking === 0 && this.#silent.size === 0;
  }

  #check(): void {
    if (this.#isNone) this.#onNone();
  }
}
