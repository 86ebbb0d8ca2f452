import { TokenBucket } from '@everynode/service-shell';
import { LRUCache } from 'lru-cache';
import type { EventFacts } from './event-recorder.js';

/** An event to store: the facts, under the name of the Event object that counts them. */
export interface CorrelatedEvent {
  /** The name of the Event object. */
  name: string;
  facts: EventFacts;
  count: number;
  /** ms since the epoch. */
  firstMs: number;
  lastMs: number;
}

interface CorrelatorOptions {
  /** Makes names of Event objects unique, and orders them: 16 hexadecimal digits. `now` is ms since the epoch. */
  suffix: (now: number) => string;
}

/** The number of entries that are kept, of each kind. */
const ENTRIES = 4096;
/** Events further apart than this are not counted together. */
const WINDOW_MS = 10 * 60_000;
/** With this many different messages about one thing, they are folded into one event. */
const DIFFERENT_MESSAGES = 10;
/** A source may record this many events about one object, and then one in five minutes. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
const MAX_NAME = 253;

export const COMBINED_PREFIX = '(combined from similar events): ';

interface Similar {
  messages: Set<string>;
  lastMs: number;
}

/**
 * Folds repeated events as client-go's EventCorrelator does: the same event again raises a count, a tenth different
 * message about the same thing starts one combined event, and a source that says too much about an object is cut off.
 * Everything is kept in memory and bounded; forgetting costs a second Event object and nothing else.
 *
 * Source: client-go tools/record/events_cache.go. Unlike there, a count ends with its window, so that an event that
 * recurs after a quiet time is a new one.
 */
export class EventCorrelator {
  readonly #suffix: CorrelatorOptions['suffix'];
  readonly #similar = new LRUCache<string, Similar>({ max: ENTRIES });
  readonly #observed = new LRUCache<string, { event: CorrelatedEvent; atMs: number }>({ max: ENTRIES });
  readonly #budgets = new LRUCache<string, TokenBucket>({ max: ENTRIES });

  constructor(options: CorrelatorOptions) {
    this.#suffix = options.suffix;
  }

  /**
   * Returns what to store for an event at `now` (ms since the epoch); undefined when its source has recorded too many.
   */
  correlate(event: EventFacts, now: number): CorrelatedEvent | undefined {
    const { facts, key } = this.#fold(event, now);
    const before = this.#observed.get(key);
    // The stored times are the observer's; windows and budgets use the clock of this process.
    const at = Math.min(event.atMs ?? now, now);
    const counted: CorrelatedEvent =
      before && now - before.atMs <= WINDOW_MS
        ? { ...before.event, facts, count: before.event.count + 1, lastMs: Math.max(before.event.lastMs, at) }
        : { name: this.#name(facts, now), facts, count: 1, firstMs: at, lastMs: at };
    // Counted even when it is not stored, so that the next one that is has the true count.
    this.#observed.set(key, { event: counted, atMs: now });
    return this.#hasBudget(event, now) ? counted : undefined;
  }

  #fold(event: EventFacts, now: number): { facts: EventFacts; key: string } {
    const kin = keyOfSimilar(event);
    let similar = this.#similar.get(kin);
    if (!similar || now - similar.lastMs > WINDOW_MS) similar = { messages: new Set(), lastMs: now };
    similar.messages.add(event.message);
    similar.lastMs = now;
    this.#similar.set(kin, similar);
    if (similar.messages.size < DIFFERENT_MESSAGES) {
      return { facts: event, key: `${kin}\0${event.subject.fieldPath ?? ''}\0${event.message}` };
    }
    // Removes one, so that the set stays small; the next new message is the tenth again.
    const oldest = similar.messages.values().next();
    if (!oldest.done) similar.messages.delete(oldest.value);
    return { facts: { ...event, message: COMBINED_PREFIX + event.message }, key: kin };
  }

  #hasBudget(event: EventFacts, now: number): boolean {
    const key = keyOfSource(event);
    let bucket = this.#budgets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(BURST, REFILL_MS, now);
      this.#budgets.set(key, bucket);
    }
    return bucket.acquire(1, now) === 1;
  }

  #name({ subject }: EventFacts, now: number): string {
    const suffix = `.${this.#suffix(now)}`;
    // The cut may end in a character that a name must not end in.
    return subject.name.slice(0, MAX_NAME - suffix.length).replace(/[^a-z0-9]+$/, '') + suffix;
  }
}

function keyOfSource({ component, host, subject }: EventFacts): string {
  const { apiVersion, kind, namespace, name, uid } = subject;
  return [component, host ?? '', apiVersion, kind, namespace, name, uid].join('\0');
}

function keyOfSimilar(event: EventFacts): string {
  return `${keyOfSource(event)}\0${event.type}\0${event.reason}`;
}
