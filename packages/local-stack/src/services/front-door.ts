import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A process that accepts TCP connections. */
export interface Replica {
  readonly name: string;
  /** False while it starts, does not answer, or is gone. */
  readonly ready: boolean;
  /**
   * Passes the socket's handle to the process; no byte is read here. `done` is called when the handle has left this
   * process, with an error when it could not. It may never be called when the replica dies meanwhile.
   */
  receive(socket: Socket, done: (error: Error | null) => void): void;
}

/**
 * Listens on one loopback port and deals connections to replicas in turn, skipping those that are not ready.
 * With none ready a connection is closed at once: clients then try again, as they do with any API server.
 */
export class FrontDoor {
  readonly #replicas: () => readonly Replica[];
  /** `pauseOnConnect`: bytes stay in the kernel for the process that gets the handle. */
  readonly #server: Server = createServer({ pauseOnConnect: true }, (socket) => this.#deal(socket));
  /** Sockets that are on their way to a replica. */
  readonly #underway = new Map<Socket, Replica>();
  #turn = 0;

  constructor(replicas: () => readonly Replica[]) {
    this.#replicas = replicas;
  }

  /** Port 0 picks a free one. Returns the port; rejects with EADDRINUSE and the like. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: '127.0.0.1', backlog: 1024 }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections wait for a replica to receive them. */
  get underway(): number {
    return this.#underway.size;
  }

  /**
   * Accepts no more connections. Those that were handed over stay open in the replicas: the server's own `close` event
   * would wait for the last of them, so this does not.
   */
  close(): void {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#underway.keys()) socket.destroy();
    this.#underway.clear();
  }

  /** Deals again what was queued for a replica that has died. */
  replicaGone(replica: Replica): void {
    for (const [socket, holder] of this.#underway) {
      if (holder === replica) this.#deal(socket);
    }
  }

  #deal(socket: Socket, failed: readonly Replica[] = []): void {
    this.#underway.delete(socket);
    const ready = this.#replicas().filter((replica) => replica.ready && !failed.includes(replica));
    const replica = ready[this.#turn % ready.length];
    this.#turn += 1;
    if (replica === undefined || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#underway.set(socket, replica);
    replica.receive(socket, (error) => {
      if (this.#underway.get(socket) !== replica) return;
      if (error === null) this.#underway.delete(socket);
      else this.#deal(socket, [...failed, replica]);
    });
  }
}
