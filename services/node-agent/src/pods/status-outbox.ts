import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PodEvent, PodStatusItem } from '@everynode/contract';
import { type BackoffOptions, backoffMs, type Logger, pause } from '@everynode/service-shell';
import { RecentMap } from '../recent-map.js';
import type { AssignedPod, PodReport } from '../runtime/runtime.js';

export interface StatusOutboxOptions {
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  /** Stores one message; resolves when the bus has it. */
  publish: (body: string) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/** Names one pod on the bus. */
export type PodIdentity = Pick<PodStatusItem, 'namespace' | 'name' | 'uid' | 'node'>;

const MAX_ITEMS = 500;
/** In characters of JSON; the rest of a message is small. */
const MAX_BODY = 480_000;
/** Of one pod between two messages; older ones are left out. */
const MAX_EVENTS = 50;
/** Messages on their way at once: the round trips overlap, and a bus that is slow holds no more than these. */
const MAX_IN_FLIGHT = 4;
/** While reports keep coming they travel together, in ms. */
const GATHER_MS = 10;
/** Pods that are over and of which the last number is remembered, should more have to be said. */
const PODS_OVER = 20_000;
const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 3000 };

/** The latest of one pod. It is kept while the pod runs, so that it can be said again. */
interface Entry {
  identity: PodIdentity;
  status: PodReport['status'] | undefined;
  stopped: boolean;
  sequence: number;
  /** Not sent yet. */
  events: PodEvent[];
}

interface Batch {
  entries: { entry: Entry; events: PodEvent[]; sequence: number }[];
  body: string;
}

/**
 * What is to be reported, the latest for each pod. A pod that changes faster than the bus takes reports is reported as it
 * is then; its events add up. A pod whose message the bus did not take is reported anew, as it is by then.
 *
 * The bus may lose what it has taken, before anybody has written it down; {@link repeatAll} is for then. Memory is
 * bounded by the number of pods.
 */
export class StatusOutbox {
  readonly #options: StatusOutboxOptions;
  readonly #entries = new Map<string, Entry>();
  /** Uids of what is to be sent, in the order in which it came up. */
  readonly #dirty = new Set<string>();
  readonly #lastSequences = new RecentMap<string, number>(PODS_OVER);
  readonly #inFlight = new Set<Promise<void>>();
  #failures = 0;
  #sending: Promise<void> | undefined;

  constructor(options: StatusOutboxOptions) {
    this.#options = options;
  }

  /** Pods that wait to be reported. */
  get waiting(): number {
    return this.#dirty.size;
  }

  add({ metadata, spec }: AssignedPod, { status, stopped, events }: PodReport): void {
    const { namespace, name, uid } = metadata;
    const entry = this.#entryOf({ namespace, name, uid, node: spec.nodeName });
    entry.status = status;
    entry.stopped = stopped;
    if (events.length > 0) entry.events = [...entry.events, ...events].slice(-MAX_EVENTS);
    this.#mark(uid);
  }

  /** Says that nothing runs of a pod of which nothing else is known here. */
  addStopped(identity: PodIdentity): void {
    this.#entryOf(identity).stopped = true;
    this.#mark(identity.uid);
  }

  /** Says the latest of every pod again. */
  repeatAll(): void {
    for (const uid of this.#entries.keys()) this.#dirty.add(uid);
    if (this.#dirty.size > 0) this.#sending ??= this.#send();
  }

  /** The pod is gone, or another agent's: what waits to be said of it interests nobody. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#lastSequences.set(uid, entry.sequence);
    this.#entries.delete(uid);
    this.#dirty.delete(uid);
  }

  /** Resolves when nothing waits and nothing is on its way, or when the signal aborts. */
  async flushed(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  #entryOf(identity: PodIdentity): Entry {
    let entry = this.#entries.get(identity.uid);
    if (!entry) {
      const sequence = this.#lastSequences.get(identity.uid) ?? 0;
      entry = { identity, status: undefined, stopped: false, sequence, events: [] };
      this.#entries.set(identity.uid, entry);
    }
    return entry;
  }

  #mark(uid: string): void {
    this.#dirty.add(uid);
    this.#sending ??= this.#send();
  }

  async #send(): Promise<void> {
    const { signal } = this.#options;
    // What one command or one moment brings about goes together.
    await nextTurn();
    while (!signal.aborted && (this.#dirty.size > 0 || this.#inFlight.size > 0)) {
      if (this.#dirty.size === 0 || this.#inFlight.size >= MAX_IN_FLIGHT) {
        await Promise.race(this.#inFlight);
        continue;
      }
      if (this.#failures > 0) {
        await pause(backoffMs(this.#failures, BACKOFF), signal);
        if (signal.aborted) break;
      }
      const sent: Promise<void> = this.#publish(this.#takeBatch()).finally(() => this.#inFlight.delete(sent));
      this.#inFlight.add(sent);
      // After a failure one message at a time finds out whether the bus is back.
      if (this.#failures > 0) await sent;
      else if (this.#dirty.size < MAX_ITEMS) await pause(GATHER_MS, signal);
    }
    this.#sending = undefined;
  }

  async #publish(batch: Batch): Promise<void> {
    const { publish, log } = this.#options;
    try {
      await publish(batch.body);
      this.#failures = 0;
      for (const { entry, sequence } of batch.entries) {
        const { uid } = entry.identity;
        // Nothing comes after a stop; without this the outbox would remember every pod there ever was.
        const isLast = entry.stopped && entry.sequence === sequence && !this.#dirty.has(uid);
        if (!isLast || this.#entries.get(uid) !== entry) continue;
        this.#entries.delete(uid);
        this.#lastSequences.set(uid, sequence);
      }
    } catch (err) {
      this.#failures += 1;
      for (const { entry, events } of batch.entries) {
        const { uid } = entry.identity;
        if (this.#entries.get(uid) !== entry) continue;
        entry.events = [...events, ...entry.events].slice(-MAX_EVENTS);
        this.#dirty.add(uid);
      }
      log.warn({ err, failures: this.#failures, waiting: this.#dirty.size }, 'pod statuses could not be sent');
    }
  }

  #takeBatch(): Batch {
    const entries: Batch['entries'] = [];
    const items: string[] = [];
    let size = 0;
    for (const uid of this.#dirty) {
      const entry = this.#entries.get(uid);
      if (entry) {
        const item = JSON.stringify(itemOf(entry));
        if (items.length > 0 && size + item.length > MAX_BODY) break;
        const { events } = entry;
        entry.sequence += 1;
        entry.events = [];
        entries.push({ entry, events, sequence: entry.sequence });
        items.push(item);
        size += item.length;
      }
      this.#dirty.delete(uid);
      if (items.length >= MAX_ITEMS) break;
    }
    return { entries, body: `{"incarnation":${this.#options.incarnation},"pods":[${items.join(',')}]}` };
  }
}

function itemOf({ identity, status, stopped, sequence, events }: Entry): PodStatusItem {
  return {
    ...identity,
    sequence: sequence + 1,
    ...(status && { status: status as Record<string, unknown> }),
    ...(stopped && { stopped: true }),
    ...(events.length > 0 && { events }),
  };
}
