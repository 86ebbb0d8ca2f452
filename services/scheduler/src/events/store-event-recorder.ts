import { randomUUID } from 'node:crypto';
import { isRetryable } from '@everynode/objects';
import { type Logger, pause, TokenBucket } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { Counter, type Registry } from 'prom-client';
import { type CorrelatedEvent, EventCorrelator } from './correlator.js';
import { nanosecondSuffix } from './event-names.js';
import { decisionOnEvent, namespaceOf } from './event-object.js';
import type { EventFacts, EventRecorder } from './event-recorder.js';

/** Why an event was not stored. */
type DroppedEvent = 'spam' | 'queue-full' | 'namespace-closed' | 'failed';

interface RecorderOptions {
  store: Pick<Store, 'write' | 'quietMs'>;
  log: Logger;
  signal: AbortSignal;
  /** Receives the count of events that are not stored, by reason. */
  metrics: Registry;
  /** True when a namespace accepts new objects: it exists and is not being deleted. Every namespace does by default. */
  isOpen?: (namespace: string) => boolean;
  limits?: Partial<RecorderLimits>;
}

export interface RecorderLimits {
  /** Events that are written in a second, on average. */
  perSecond: number;
  /** Events that may wait to be written. More are dropped; warnings are dropped from twice this number on. */
  waiting: number;
  /**
   * Events that are written at once, and then one each {@link NEWS_EVERY_MS}: a person who sees a pod run looks for its
   * events. What a rollout records beyond that waits.
   */
  news: number;
}

const LIMITS: RecorderLimits = { perSecond: 2000, waiting: 2000, news: 40 };
const NEWS_EVERY_MS = 50;
/** Warnings may fill the queue to this multiple of the limit for other events. */
const WARNING_FACTOR = 2;
/** Events are written this often, a few at a time, while nothing else is written. */
const FLUSH_MS = 100;
/** A rollout records six events for each pod it moves. They are written after it, and this often while it lasts. */
const FLUSH_BEHIND_WORK_MS = 1000;
/** The waves of a rollout are less than this apart. */
const WORK_IS_OVER_MS = 500;
/** Up to this many warnings at once are news for a person; more are a fleet that fails, and wait like other events. */
const FEW_WARNINGS = 20;
const AFTER_FAILURE_MS = 1000;

/**
 * Writes events as core/v1 Event objects. They are best effort and must not slow other writes: they are correlated in
 * memory, bounded in number and rate, and written while the store has little else to write.
 */
export class StoreEventRecorder implements EventRecorder {
  readonly #options: RecorderOptions;
  readonly #limits: RecorderLimits;
  readonly #correlator = new EventCorrelator({ suffix: nanosecondSuffix(Math.random) });
  /** By Event object: an event that occurs again while it waits is written once, with its last count. */
  readonly #waiting = new Map<string, CorrelatedEvent>();
  /** The same, for warnings. They are written first. */
  readonly #warnings = new Map<string, CorrelatedEvent>();
  readonly #dropped: Counter<'reason'>;
  readonly #news: TokenBucket;
  /** Writes of news that are under way. */
  readonly #writing = new Set<Promise<unknown>>();
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
    this.#news = new TokenBucket(this.#limits.news, NEWS_EVERY_MS, performance.now());
  }

  get waiting(): number {
    return this.#waiting.size + this.#warnings.size;
  }

  record(event: EventFacts): void {
    if (this.#options.signal.aborted) return;
    // Checked first, because it is cheap: in a large rollout most events end here. A full queue takes no repeats
    // either.
    const limit = event.type === 'Warning' ? this.#limits.waiting * WARNING_FACTOR : this.#limits.waiting;
    if (this.waiting >= limit) {
      this.#drop('queue-full');
      return;
    }
    const correlated = this.#correlator.correlate(event, Date.now());
    if (!correlated) {
      this.#drop('spam');
      return;
    }
    const isNews = this.waiting === 0 && this.#news.acquire(1, performance.now()) === 1;
    if (isNews) {
      this.#writeAtOnce(correlated);
      return;
    }
    this.#put(correlated);
    this.#running ??= this.#run();
  }

  #writeAtOnce(event: CorrelatedEvent): void {
    const written = this.#write(event).then((isDone) => {
      this.#writing.delete(written);
      if (!isDone && !this.#options.signal.aborted) this.#running ??= this.#run();
    });
    this.#writing.add(written);
  }

  /** Resolves when no write is under way. Call it after the signal has aborted. */
  async close(): Promise<void> {
    await Promise.all([this.#running, ...this.#writing]);
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
    const maxBatch = Math.max(1, Math.ceil((this.#limits.perSecond * FLUSH_MS) / 1000));
    await this.#pauseForWork();
    while (this.waiting > 0 && !signal.aborted) {
      const batch = this.#dequeueBatch(budget.acquire(maxBatch, performance.now()));
      const failed = (await Promise.all(batch.map((event) => this.#write(event)))).filter((written) => !written);
      if (failed.length > 0) await pause(AFTER_FAILURE_MS, signal);
      else await this.#pauseForWork();
    }
    this.#running = undefined;
  }

  /**
   * Waits until nothing but events has been written for a moment, but not longer than a bound, and not when there are a
   * few warnings.
   */
  async #pauseForWork(): Promise<void> {
    const { signal, store } = this.#options;
    const latest = performance.now() + FLUSH_BEHIND_WORK_MS;
    do {
      await pause(FLUSH_MS, signal);
      if (this.#warnings.size > 0 && this.#warnings.size <= FEW_WARNINGS) return;
    } while (!signal.aborted && store.quietMs < WORK_IS_OVER_MS && performance.now() < latest);
  }

  #dequeueBatch(size: number): CorrelatedEvent[] {
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

  /** Returns false when the store could not take the event, which then waits again. */
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
      // A later count of the same event, which came in meanwhile, is kept.
      if (!isTemporary) this.#drop('failed');
      else if (!this.#queueOf(event).has(`${namespace}/${event.name}`)) this.#put(event);
      return !isTemporary;
    }
  }
}
