import { randomUUID } from 'node:crypto';
import type { Bus } from '@everynode/bus';
import { eventType, subjects } from '@everynode/contract';
import type { SchedulerContext } from '../../scheduler-context.js';

/** The longest time between two own heartbeats, in ms. */
const MAX_INTERVAL_MS = 2000;
/** So many may be missing in a row before this process counts as cut off. */
const MISSING = 3;
const EVENT = { type: eventType('node-heartbeat'), source: '/everynode/scheduler' };
/** Everything that follows the heartbeats receives it: it keeps to the contract, and names no node. */
const BODY = JSON.stringify({ incarnation: 1, nodes: [] });

type Parts = Pick<SchedulerContext, 'signal' | 'log'> & { bus: Pick<Bus, 'publish'> };

/**
 * A heartbeat that this process sends to itself, the way that those of nodes come: through the stream and its own
 * consumer. While it comes back, a silent node is silent. While it does not (the bus is away or hangs, this process was
 * stopped), nothing is known of any node.
 */
export class OwnHeartbeat {
  readonly #context: Parts;
  readonly #subject = subjects.ownHeartbeat(randomUUID());
  readonly #intervalMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** It is sent several times in a grace period. */
  constructor(context: Parts, graceMs: number) {
    this.#context = context;
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, graceMs / 8);
  }

  /** Sends it until the signal aborts. */
  start(): void {
    const timer = setInterval(() => this.send(), this.#intervalMs);
    this.#context.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Sends it once, now. */
  send(): void {
    const { bus, log } = this.#context;
    bus
      .publish(this.#subject, EVENT, BODY)
      .catch((err: unknown) => log.debug({ err }, 'an own heartbeat was not sent'));
  }

  /** Returns true when the message is this process's own, and notes that it came. */
  receive(subject: string, now: number): boolean {
    if (subject !== this.#subject) return false;
    this.#lastMs = now;
    return true;
  }

  /** True when the heartbeats of nodes do not reach this process, as far as is known. `now` is on a monotonic clock. */
  isMissing(now: number): boolean {
    return now - this.#lastMs > MISSING * this.#intervalMs;
  }
}
