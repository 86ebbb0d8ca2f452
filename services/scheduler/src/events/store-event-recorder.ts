import { randomUUID } from 'node:crypto';
import { isRetryable } from '@everynode/objects';
import { type Logger, pause, TokenBucket } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { Counter, type Registry } from 'prom-client';
import { type CorrelatedEvent, EventCorrelator } from './correlator.js';
import { decisionOnEvent, namespaceOf } from './event-object.js';
import type { EventFacts, EventRecorder } from './event-recorder.js';

/** Why an event was not stored. */
export type DroppedEvent = 'spam' | 'queue-full' | 'namespace-closed' | 'failed';

export interface RecorderOptions {
  store: Pick<Store, 'write' | 'quietMs'>;
  log: Logger;
  signal: AbortSignal;
  /** Gets a count of what is not stored, by reason. */
  metrics: Registry;
  /** Whether a namespace takes new objects: it is there and is not being deleted. All do when this is left out. */
  isOpen?: (namespace: string) => boolean;
  limits?: Partial<RecorderLimits>;
}

export interface RecorderLimits {
  /** Events written a second, in the long run. */
  perSecond: number;
  /** Events that wait to be written; more are dropped, warnings from twice this number on. */
  waiting: number;
}

const LIMITS: RecorderLimits = { perSecond: 2000, waiting: 2000 };
/** Warnings find room in the queue when there is none for other events. */
const ROOM_FOR_WARNINGS = 2;
/** Events are written this often, a few at a time, while nothing else is written. */
const FLUSH_MS = 100;
/** A rollout says six things about each pod it moves: they go to the store after it, and this often while it lasts. */
const FLUSH_BEHIND_WORK_MS = 1000;
/** The waves of a rollout are less than this apart. */
const WORK_IS_OVER_MS = 500;
/** So many warnings at once are news for a person, and more are a fleet that fails. */
const A_FEW = 20;
const AFTER_FAILURE_MS = 1000;

/**
 * Writes events as core/v1 Event objects. They are best effort and stay out of the way: correlated in memory, bounded in
 * number and rate, and written when the store has nothing better to do.
 */
export class StoreEventRecorder implements EventRecorder {
  readonly #options: RecorderOptions;
  readonly #limits: RecorderLimits;
  readonly #correlator = new EventCorrelator({ suffix: hexSuffix });
  /** By Event object: an event that occurs again while it waits is written once, with its last count. */
  readonly #waiting = new Map<string, CorrelatedEvent>();
  /** The same, of those that tell of something wrong. They go first. */
  readonly #warnings = new Map<string, CorrelatedEvent>();
  readonly #dropped: Counter<'reason'>;
  #running: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#dropped = new Counter({
      name: 'everynode_events_dropped_total',
      help: 'Events that were not stored: said too often, too many at once, in a namespace that is going, or refused.',
      labelNames: ['reason'],
      registers: [options.metrics],
    });
    this.#limits = { ...LIMITS, ...options.limits };
  }

  get waiting(): number {
    return this.#waiting.size + this.#warnings.size;
  }

  record(event: EventFacts): void {
    if (this.#options.signal.aborted) return;
    // First, because it is cheap: in a large rollout most events end here. A full queue takes no repeats either.
    const room = event.type === 'Warning' ? this.#limits.waiting * ROOM_FOR_WARNINGS : this.#limits.waiting;
    if (this.waiting >= room) {
      this.#drop('queue-full');
      return;
    }
    const correlated = this.#correlator.correlate(event, Date.now());
    if (!correlated) {
      this.#drop('spam');
      return;
    }
    this.#put(correlated);
    this.#running ??= this.#run();
  }

  /** Resolves when no write is under way any more. Call it after the signal has aborted. */
  async close(): Promise<void> {
    await this.#running;
  }

  #drop(reason: DroppedEvent): void {
    this.#dropped.inc({ reason });
  }

  #put(event: CorrelatedEvent): void {
    this.#queueOf(event).set(`${namespaceOf(event)}/${event.name}`, event);
  }

  #queueOf({ facts }: CorrelatedEvent): Map<string, CorrelatedEvent> {
    return facts.type === 'Warning' ? this.#warnings : this.#waiting;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    const budget = new TokenBucket(this.#limits.perSecond, 1000 / this.#limits.perSecond, performance.now());
    const most = Math.max(1, Math.ceil((this.#limits.perSecond * FLUSH_MS) / 1000));
    await this.#pauseForWork();
    while (this.waiting > 0 && !signal.aborted) {
      const batch = this.#takeBatch(budget.acquire(most, performance.now()));
      const failed = (await Promise.all(batch.map((event) => this.#write(event)))).filter((written) => !written);
      if (failed.length > 0) await pause(AFTER_FAILURE_MS, signal);
      else await this.#pauseForWork();
    }
    this.#running = undefined;
  }

  /** Until nothing but events has been written for a moment, but not for ever; and not where there are a few warnings. */
  async #pauseForWork(): Promise<void> {
    const { signal, store } = this.#options;
    const latest = performance.now() + FLUSH_BEHIND_WORK_MS;
    do {
      await pause(FLUSH_MS, signal);
      if (this.#warnings.size > 0 && this.#warnings.size <= A_FEW) return;
    } while (!signal.aborted && store.quietMs < WORK_IS_OVER_MS && performance.now() < latest);
  }

  #takeBatch(size: number): CorrelatedEvent[] {
    const batch: CorrelatedEvent[] = [];
    for (const queue of [this.#warnings, this.#waiting]) {
      for (const [key, event] of queue) {
        if (batch.length >= size) break;
        queue.delete(key);
        batch.push(event);
      }
    }
    return batch;
  }

  /** False when the store could not take it; it then waits again. */
  async #write(event: CorrelatedEvent): Promise<boolean> {
    const { store, isOpen, log } = this.#options;
    const namespace = namespaceOf(event);
    if (isOpen && !isOpen(namespace)) {
      this.#drop('namespace-closed');
      return true;
    }
    const decide = decisionOnEvent(event, randomUUID());
    try {
      await store.write({
        key: { resource: 'events', namespace, name: event.name },
        reads: 'head',
        decide,
        background: true,
      });
      return true;
    } catch (error) {
      const isTemporary = isRetryable(error);
      log.debug({ err: error, event: event.name }, 'an event could not be written');
      // A later count of the same event that came in meanwhile stands.
      if (!isTemporary) this.#drop('failed');
      else if (!this.#queueOf(event).has(`${namespace}/${event.name}`)) this.#put(event);
      return !isTemporary;
    }
  }
}

/** 16 hexadecimal digits. Node draws uuids from a pool, which bytes of one's own are not. */
const hexSuffix = (): string => randomUUID().replaceAll('-', '').slice(-16);
