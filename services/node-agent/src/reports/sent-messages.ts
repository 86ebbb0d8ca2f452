/** A message that was stored after this one, so long ago: this one is lost, and not only late. Doubled at each loss. */
const OVERTAKEN_MS = 3000;
const OVERTAKEN_MAX_MS = 60_000;
/** No message was stored for this long. Doubled each time in a row. */
const SILENT_MS = 3000;
/** With what follows (`OVERTAKEN_MS`) below the ten seconds in which all converges. */
const SILENT_MAX_MS = 5000;
const CHECK_MS = 500;

/** Why a message has to be sent again. */
export type Loss = 'overtaken' | 'silence' | 'reset';

/** What becomes of a message. One of the two is called, once, unless the message is withdrawn. */
export interface Outcome {
  /** The store has what the message says. */
  onStored(): void;
  /** The store may not have it. The same is to be sent as a new message. */
  onLost(loss: Loss): void;
}

interface SentMessage extends Outcome {
  /** How often what it says was lost before. */
  losses: number;
  /** When the bus had it; undefined while it is on its way. Times are in ms of a monotonic clock. */
  acceptedAt: number | undefined;
  overtakenAt: number | undefined;
}

/**
 * The report messages of one process that the store has not acknowledged. The bus may lose what it has accepted, and
 * acknowledgements may be lost: so what is not acknowledged is sent again, without a burden on a store that is slow.
 *
 * - A message is lost when a later one was stored some time ago (`overtaken`): schedulers take messages almost in
 *   order.
 * - While no message at all is stored, only the oldest is sent again, with back-off (`silence`). If the bus lost all of
 *   them, its acknowledgement shows that, and they are overtaken. If schedulers are slow or away, it costs one message.
 * - After a new connection all that the bus had may be lost, and so may any acknowledgement (`reset`).
 */
export class SentMessages {
  readonly #now: () => number;
  /** By number, in the order of numbers. */
  readonly #sent = new Map<number, SentMessage>();
  #number = 0;
  /** When a message was stored or sent again for silence. */
  #newsAt = 0;
  #silences = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Messages that are not acknowledged, also those that the bus does not have yet. */
  get size(): number {
    return this.#sent.size;
  }

  /** Numbers a message that is to be sent. `losses`: how often what it says was lost before. */
  add(outcome: Outcome, losses = 0): number {
    this.#number += 1;
    this.#sent.set(this.#number, { ...outcome, losses, acceptedAt: undefined, overtakenAt: undefined });
    return this.#number;
  }

  /** The bus has the message. */
  accepted(number: number): void {
    const message = this.#sent.get(number);
    if (!message) return;
    message.acceptedAt = this.#now();
    this.#timer ??= setTimeout(() => this.#onTimer(), CHECK_MS).unref();
  }

  /** Forgets a message. False when it is not known any more: the store had it, or it was lost. */
  withdraw(number: number): boolean {
    return this.#sent.delete(number);
  }

  /** The store has acknowledged the message. */
  stored(number: number): void {
    const now = this.#now();
    this.#newsAt = now;
    this.#silences = 0;
    for (const [earlier, message] of this.#sent) {
      if (earlier >= number) break;
      message.overtakenAt ??= now;
    }
    const message = this.#sent.get(number);
    this.#sent.delete(number);
    message?.onStored();
  }

  /** All that the bus has may be lost. */
  reset(): void {
    this.#silences = 0;
    this.#lose(
      [...this.#sent].filter(([, { acceptedAt }]) => acceptedAt !== undefined),
      'reset',
    );
  }

  /** Finds what is lost by now. A timer calls this while messages are not acknowledged. */
  check(): void {
    const now = this.#now();
    const accepted = [...this.#sent].filter(([, { acceptedAt }]) => acceptedAt !== undefined);
    const overtaken = accepted.filter(([, message]) => isOvertaken(message, now));
    this.#lose(overtaken, 'overtaken');
    // One that was overtaken, and lost before, waits for its own time.
    const oldest = accepted.find(([, { overtakenAt }]) => overtakenAt === undefined);
    if (overtaken.length > 0 || !oldest) return;
    const quietSince = Math.max(this.#newsAt, oldest[1].acceptedAt ?? now);
    if (now - quietSince < Math.min(SILENT_MAX_MS, SILENT_MS * 2 ** this.#silences)) return;
    this.#silences += 1;
    this.#newsAt = now;
    this.#lose([oldest], 'silence');
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #onTimer(): void {
    this.check();
    this.#timer = this.#sent.size > 0 ? setTimeout(() => this.#onTimer(), CHECK_MS).unref() : undefined;
  }

  #lose(messages: readonly (readonly [number, SentMessage])[], loss: Loss): void {
    for (const [number] of messages) this.#sent.delete(number);
    for (const [, message] of messages) message.onLost(loss);
  }
}

function isOvertaken({ overtakenAt, acceptedAt, losses }: SentMessage, now: number): boolean {
  if (overtakenAt === undefined || acceptedAt === undefined) return false;
  const since = Math.max(overtakenAt, acceptedAt);
  return now - since >= Math.min(OVERTAKEN_MAX_MS, OVERTAKEN_MS * 2 ** losses);
}
