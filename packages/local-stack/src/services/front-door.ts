import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A process that accepts TCP connections. */
export interface Replica {
  readonly name: string;
  /** Its checks hold. */
  readonly ready: boolean;
  /** It has begun to serve and answers, ready or not. A ready one serves. */
  readonly serving: boolean;
  /**
   * Passes the socket's handle to the process; no byte is read here. `done` is called when the handle has left this
   * process, with an error when it could not. It may never be called when the replica dies meanwhile.
   */
  receive(socket: Socket, done: (error: Error | null) => void): void;
}

interface FrontDoorOptions {
  replicas: () => readonly Replica[];
  /** Answers on a socket that no replica takes. It may be paused. */
  refuse: (socket: Socket) => void;
  /** How long a socket waits for a replica, in ms. */
  waitMs?: number;
  /** The sockets that may wait at a time; those beyond are refused at once. */
  maxWaiting?: number;
}

/** A replica of a small cluster starts within this time; kubectl waits ten times as long for an answer. */
const WAIT_MS = 3000;
const MAX_WAITING = 1024;

/**
 * Listens on one loopback port and deals connections to replicas in turn. It fails open: with no replica ready, one
 * that serves gets the connection and answers itself what it can do. With none serving, sockets wait for a replica, and
 * are refused at the end.
 */
export class FrontDoor {
  readonly #options: Required<FrontDoorOptions>;
  /** `pauseOnConnect`: bytes stay in the kernel for the process that gets the handle. */
  readonly #server: Server = createServer({ pauseOnConnect: true }, (socket) => this.#deal(socket));
  /** Sockets that are on their way to a replica. */
  readonly #underway = new Map<Socket, Replica>();
  /** Sockets that wait for a replica, oldest first, with the end of their wait. */
  readonly #waiting = new Map<Socket, NodeJS.Timeout>();
  #turn = 0;

  constructor(options: FrontDoorOptions) {
    this.#options = { waitMs: WAIT_MS, maxWaiting: MAX_WAITING, ...options };
  }

  /** Port 0 picks a free one. Returns the port; rejects with EADDRINUSE and the like. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: '127.0.0.1', backlog: 1024 }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections are on their way to a replica. */
  get underway(): number {
    return this.#underway.size;
  }

  /** How many connections wait for a replica that serves. */
  get waiting(): number {
    return this.#waiting.size;
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
    for (const socket of this.#takeWaiting()) socket.destroy();
  }

  /** Deals again what was queued for a replica that has died. */
  replicaGone(replica: Replica): void {
    for (const [socket, holder] of this.#underway) {
      if (holder === replica) this.#deal(socket);
    }
  }

  /** Deals what waits for a replica. */
  replicaServes(): void {
    for (const socket of this.#takeWaiting()) this.#deal(socket);
  }

  #takeWaiting(): Socket[] {
    const sockets = [...this.#waiting.keys()];
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    return sockets;
  }

  #deal(socket: Socket, failed: readonly Replica[] = []): void {
    this.#underway.delete(socket);
    if (socket.destroyed) return;
    const able = this.#options.replicas().filter((replica) => replica.serving && !failed.includes(replica));
    const ready = able.filter((replica) => replica.ready);
    const choice = ready.length > 0 ? ready : able;
    const replica = choice[this.#turn % choice.length];
    this.#turn += 1;
    if (replica === undefined) {
      this.#keep(socket);
      return;
    }
    this.#underway.set(socket, replica);
    replica.receive(socket, (error) => {
      if (this.#underway.get(socket) !== replica) return;
      if (error === null) this.#underway.delete(socket);
      else this.#deal(socket, [...failed, replica]);
    });
  }

  #keep(socket: Socket): void {
    const { maxWaiting, refuse, waitMs } = this.#options;
    if (this.#waiting.size >= maxWaiting) {
      refuse(socket);
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(socket);
      refuse(socket);
    }, waitMs).unref();
    this.#waiting.set(socket, timer);
  }
}
