import { randomUUID } from 'node:crypto';
import type { Bus } from '@everynode/bus';
import { eventType, subjects } from '@everynode/contract';
import type { SchedulerContext } from '../../scheduler-context.js';

/** The longest time between two own heartbeats, in ms. */
const MAX_INTERVAL_MS = 2000;
/** How often it is looked at whether to send one, and after which silence one is sent, in parts of an interval. */
const LOOK = 0.5;
const QUIET = 0.75;
/** So many may be missing in a row before this process counts as cut off. */
const MISSING = 3;
const EVENT = { type: eventType('node-heartbeat'), source: '/everynode/scheduler' };
/** Everything that follows the heartbeats receives it: it keeps to the contract, and names no node. */
const BODY = JSON.stringify({ incarnation: 1, nodes: [] });

type Parts = Pick<SchedulerContext, 'signal' | 'log'> & { bus: Pick<Bus, 'publish'> };

/**
 * A heartbeat that this process sends to itself, the way that those of nodes come: through the stream and its own
 * consumer. While it comes back, a silent node is silent. While it does not (the bus is away or hangs, this process was
 * stopped), nothing is known of any node. A heartbeat of an agent, or of another scheduler, that has just come shows
 * the same, and then none is sent.
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

  /** Sends it, until the signal aborts, whenever nothing has come for about an interval. */
  start(): void {
    const timer = setInterval(() => {
      if (performance.now() - this.#lastMs > QUIET * this.#intervalMs) this.send();
    }, LOOK * this.#intervalMs);
    this.#context.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Sends it once, now. */
  send(): void {
    const { bus, log } = this.#context;
    bus
      .publish(this.#subject, EVENT, BODY)
      .catch((err: unknown) => log.debug({ err }, 'an own heartbeat was not sent'));
  }

  /** Notes that a heartbeat has come, from whichever process. */
  received(now: number): void {
    this.#lastMs = now;
  }

  /** True when the heartbeats of nodes do not reach this process, as far as is known. `now` is on a monotonic clock. */
  isMissing(now: number): boolean {
    return now - this.#lastMs > MISSING * this.#intervalMs;
  }
}
