import { type ShareLimits, Shares } from './shares.js';

/** So many requests are answered at once, of all senders; one sender has half of them. Bytes are those of bodies. */
const LIMITS: ShareLimits = { messages: 16, bytes: 4_000_000 };
/** No request of an agent is longer, in bytes: five hundred names of pods. */
const LONGEST = 64 * 1024;
/** An agent waits no longer for an answer, in ms. */
const PATIENCE_MS = 2000;
/** The log says at most so often that requests cannot be answered, in ms: an agent may send thousands of them. */
const SAY_EVERY_MS = 10_000;

interface Waiting {
  answer: () => Promise<void>;
  until: number;
}

/** What the turns ask and tell. */
interface RequestTurnsOptions {
  /** Before a request is read: the time in ms until its sender may send it, and 0 when it may now. */
  waitMs(sender: string, now: number): number;
  /** Called for a request that gets no answer, because its sender has sent too many or too much. */
  onDropped(sender: string): void;
}

/**
 * Answers requests in turn by sender, several at once. A request of a sender that has sent too many is dropped: its
 * sender asks again later.
 */
export class RequestTurns {
  readonly #options: RequestTurnsOptions;
  readonly #shares = new Shares<Waiting>(LIMITS);
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** Without options any sender may send any number. */
  constructor(options: RequestTurnsOptions = { waitMs: () => 0, onDropped: () => undefined }) {
    this.#options = options;
  }

  /** Calls `answer` at the sender's turn, or never. */
  add(sender: string, bytes: number, answer: () => Promise<void>): void {
    const now = performance.now();
    const isTaken =
      bytes <= LONGEST &&
      this.#options.waitMs(sender, now) === 0 &&
      this.#shares.hasRoom &&
      this.#shares.add(sender, { answer, until: now + PATIENCE_MS }, bytes);
    if (isTaken) this.#start();
    else this.#options.onDropped(sender);
  }

  /** Counts a request that cannot be answered. True when it is time to say so in the log again. */
  refuse(sender: string): boolean {
    this.#options.onDropped(sender);
    const now = performance.now();
    const isTime = now - this.#refusedAt >= SAY_EVERY_MS;
    if (isTime) this.#refusedAt = now;
    return isTime;
  }

  #start(): void {
    for (let next = this.#shares.take(); next; next = this.#shares.take()) {
      const { sender, value, bytes } = next;
      const end = (): void => {
        this.#shares.done(sender, bytes);
        this.#start();
      };
      if (performance.now() < value.until) void value.answer().finally(end);
      else {
        this.#options.onDropped(sender);
        this.#shares.done(sender, bytes);
      }
    }
  }
}
