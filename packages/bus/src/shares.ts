/** How much of a worker one sender may have. */
export interface ShareLimits {
  /** Messages handled at once, of all senders. */
  messages: number;
  /** Bytes of their bodies together. One message is always handled. */
  bytes: number;
}

/** Messages of one sender that may wait in a process, and bytes of their bodies. One message may always wait. */
const WAITING: ShareLimits = { messages: 64, bytes: 32_000_000 };
/** The same for all senders together. */
const ALL_WAITING: ShareLimits = { messages: 1024, bytes: 128_000_000 };

interface Item<T> {
  value: T;
  bytes: number;
}

interface Sender<T> {
  waiting: Item<T>[];
  waitingBytes: number;
  running: number;
  runningBytes: number;
}

/**
 * Messages that wait for their turn, by sender. Senders take turns, and while others wait none has more than half of
 * what is handled at once. So a sender with a hundred thousand messages holds up one with a single one for as long as a
 * few messages take. Pure: it holds messages and starts nothing.
 */
export class Shares<T> {
  readonly #limits: ShareLimits;
  /** Next in turn first: a Map keeps the order of insertion. Senders without any message are left out. */
  readonly #senders = new Map<string, Sender<T>>();
  #waiting = 0;
  #waitingBytes = 0;
  #running = 0;
  #runningBytes = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** False when no more messages may wait. */
  get hasRoom(): boolean {
    return this.#waiting < ALL_WAITING.messages && this.#waitingBytes < ALL_WAITING.bytes;
  }

  /** Puts a message behind the others of its sender. False, and nothing is kept, when too many of them wait. */
  add(sender: string, value: T, bytes: number): boolean {
    const share = this.#senders.get(sender) ?? { waiting: [], waitingBytes: 0, running: 0, runningBytes: 0 };
    if (share.waiting.length > 0 && isFull(share.waiting.length, share.waitingBytes, WAITING)) return false;
    this.#senders.set(sender, share);
    share.waiting.push({ value, bytes });
    share.waitingBytes += bytes;
    this.#waiting += 1;
    this.#waitingBytes += bytes;
    return true;
  }

  /** Takes the next message in turn; undefined when none may be handled now. Call `done` with it when it is handled. */
  take(): { sender: string; value: T; bytes: number } | undefined {
    if (this.#running > 0 && isFull(this.#running, this.#runningBytes, this.#limits)) return undefined;
    for (const [sender, share] of this.#senders) {
      const [next] = share.waiting;
      if (!next || !this.#mayRun(share)) continue;
      share.waiting.shift();
      this.#move(share, next.bytes);
      // Behind all others: it was its turn.
      this.#senders.delete(sender);
      this.#senders.set(sender, share);
      return { sender, ...next };
    }
    return undefined;
  }

  done(sender: string, bytes: number): void {
    const share = this.#senders.get(sender);
    if (!share) return;
    share.running -= 1;
    share.runningBytes -= bytes;
    this.#running -= 1;
    this.#runningBytes -= bytes;
    if (share.running === 0 && share.waiting.length === 0) this.#senders.delete(sender);
  }

  #move(share: Sender<T>, bytes: number): void {
    share.waitingBytes -= bytes;
    share.running += 1;
    share.runningBytes += bytes;
    this.#waiting -= 1;
    this.#waitingBytes -= bytes;
    this.#running += 1;
    this.#runningBytes += bytes;
  }

  /** Half of the limits: what the other half is for may come at any moment. */
  #mayRun({ running, runningBytes }: Sender<T>): boolean {
    const { messages, bytes } = this.#limits;
    return running === 0 || !isFull(running, runningBytes, { messages: messages / 2, bytes: bytes / 2 });
  }
}

const isFull = (messages: number, bytes: number, limits: ShareLimits): boolean =>
  messages >= limits.messages || bytes >= limits.bytes;
