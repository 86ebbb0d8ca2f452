import type { Follower } from '@everynode/bus';
import {
  decodeChanges,
  type JournalChange,
  type JournalEntry,
  type RevisionRange,
  rangeOf,
  streams,
  subjects,
  writtenBy,
} from '@everynode/contract';
import type { ResourceName, StoredKinds } from '@everynode/objects';
import { retryUntilDone } from '@everynode/service-shell';
import type { ObjectCache } from '../cache/object-cache.js';
import { askWhenQuiet } from './ask-when-quiet.js';
import { CacheUpdates } from './cache-updates.js';
import { CurrentMode } from './current-mode.js';
import type { ReflectorEvent } from './reflector-mode.js';
import type { ReflectorListener, ReflectorOptions } from './reflector-options.js';

/** Messages that may wait to be applied before the bus has to wait. */
const MAX_BACKLOG = 32;
/** After a message that was dropped the journal is read, and again this much later at the earliest, in ms. */
const DROPPED_MS = 500;
const CAUGHT_UP: ReflectorEvent = { type: 'caughtUp' };

/**
 * Keeps caches equal to the store: lists once, then applies every change in revision order.
 *
 * Revisions have no gaps, so a reader at n that sees n+1 has missed nothing. What is further ahead waits a moment for
 * the changes between; then those are read from the journal in Postgres, and when that is compacted, everything is
 * listed again. So the bus may lose, repeat or delay any message. The modes and their ways out: reflector-mode.ts.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #mode: CurrentMode;
  readonly #updates: CacheUpdates;
  readonly #receivers = new Set<(range: RevisionRange) => void>();
  /** Everything that reads or moves the revision runs one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #backlog = 0;
  /** When the bus or Postgres last showed how far the store is, in ms on the monotonic clock. */
  #lastNews = 0;
  #dropped = 0;
  #readAfterDrop: NodeJS.Timeout | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#mode = new CurrentMode((after) => this.#onPatienceOver(after));
    this.#updates = new CacheUpdates(options, this.#mode);
  }

  /** The revision up to which the caches have everything; -1 before the first list. */
  get revision(): number {
    return this.#updates.caches.revision;
  }

  /** Why the caches may be out of date; undefined when they are not, as far as is known. */
  get trouble(): string | undefined {
    return this.#mode.trouble;
  }

  /** Messages since the start that could not be decoded. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All caches, for code that handles objects of every kind. */
  get caches(): Iterable<ObjectCache> {
    return this.#updates.caches;
  }

  /** @throws Error when the resource is not among the `resources` of the options. */
  cache<K extends ResourceName>(resource: K): ObjectCache<StoredKinds[K]> {
    const cache = this.#updates.caches.get(resource);
    if (!cache) throw new Error(`the reflector does not keep ${resource}`);
    return cache as ObjectCache<StoredKinds[K]>;
  }

  /**
   * Listeners that are added before `start` receive every object as ADDED. Returns the function that removes the
   * listener.
   */
  addListener(listener: ReflectorListener): () => void {
    this.#updates.listeners.add(listener);
    return () => this.#updates.listeners.delete(listener);
  }

  /**
   * Calls the listener with the revisions of every message of the bus, also of those that the caches have already.
   * Returns the function that removes the listener.
   */
  onReceived(listener: (range: RevisionRange) => void): () => void {
    this.#receivers.add(listener);
    return () => this.#receivers.delete(listener);
  }

  /** Lists, with back-off until it works, and then follows until the signal aborts. Resolves when it has listed. */
  async start(): Promise<void> {
    const { bus, store, signal, log } = this.#options;
    await retryUntilDone(() => this.#updates.list(), {
      signal,
      onFailure: (error, failures) => log.warn({ err: error, failures }, 'listing failed'),
    });
    this.#lastNews = performance.now();
    // What is committed between the list and the first message is found by onReset.
    void bus.follow(streams.journal.name, subjects.objectsChanged, this.#follower());
    void askWhenQuiet({
      bus,
      store,
      signal,
      lastNews: () => this.#lastNews,
      onRevision: (latest) => {
        if (latest <= this.revision) this.#lastNews = performance.now();
        return this.#inTurn(() => (latest > this.revision ? this.#fill() : undefined));
      },
      onFailure: (error, failures) => {
        this.#mode.move({ type: 'unreachable', trouble: 'Postgres does not answer' });
        log.warn({ err: error, failures }, 'Postgres cannot be asked for news');
      },
    });
  }

  /** Resolves when the caches have everything up to `revision`; never, when the signal aborts before. */
  waitFor(revision: number, signal?: AbortSignal): Promise<void> {
    return this.revision >= revision ? Promise.resolve() : this.#updates.waiters.wait(revision, signal);
  }

  /** Reads from Postgres what the bus has not brought yet. Does not reject: failures show in `trouble`. */
  catchUp(): Promise<void> {
    return this.#inTurn(() => this.#fill());
  }

  /** Applies what this process has committed, before the bus brings it. */
  applyLocally(entries: readonly JournalEntry[]): void {
    // The first list will have what is committed before it.
    if (this.#mode.name === 'unlisted') return;
    void this.#inTurn(() => this.#updates.accept(entries.map(writtenBy)));
  }

  #follower(): Follower {
    return {
      onMessage: ({ event, bytes }) => {
        const range = rangeOf(event?.id);
        if (range) for (const receive of this.#receivers) receive(range);
        this.#backlog += 1;
        const received = this.#inTurn(() => this.#receive(range, bytes)).finally(() => {
          this.#backlog -= 1;
        });
        // The bus goes on before a message is applied, but only so many messages further.
        return this.#backlog > MAX_BACKLOG ? received : undefined;
      },
      onReset: () => void this.#inTurn(() => this.#fill()),
    };
  }

  /**
   * Runs work when nothing else moves the caches. Does not reject: a failure shows in `trouble`, and the next read
   * repairs.
   */
  #inTurn(work: () => Promise<void> | void): Promise<void> {
    this.#turn = this.#turn.then(work).then(
      () => this.#mode.move(this.#updates.ahead.size === 0 ? CAUGHT_UP : { type: 'ahead', after: this.revision }),
      (error: unknown) => {
        const after = this.#updates.ahead.size === 0 ? undefined : this.revision;
        this.#mode.move({
          type: 'failed',
          trouble: 'the journal cannot be read',
          ...(after !== undefined && { after }),
        });
        this.#options.log.warn({ err: error }, 'the caches could not be brought up to date');
      },
    );
    return this.#turn;
  }

  #onPatienceOver(after: number): void {
    void this.#inTurn(() => {
      // A turn that ran before this one may have filled the hole.
      const stillWaits = this.#mode.name === 'hole' && this.revision === after;
      return stillWaits && !this.#options.signal.aborted ? this.#fill() : undefined;
    });
  }

  async #receive(range: RevisionRange | undefined, bytes: Uint8Array): Promise<void> {
    if (range && range.last <= this.revision) {
      this.#lastNews = performance.now();
      return;
    }
    let changes: JournalChange[];
    try {
      changes = decodeChanges(bytes).map(this.#options.store.openChange);
    } catch (error) {
      this.#onUndecodable(error);
      return;
    }
    this.#lastNews = performance.now();
    await this.#updates.accept(changes);
  }

  /**
   * Drops a message. It says nothing about the caches, which stay as good as they are: the journal has all that a
   * writer may have meant by it, and is read a moment later. It is no news: a bus that brings nothing else is quiet.
   */
  #onUndecodable(err: unknown): void {
    this.#dropped += 1;
    if (this.#dropped === 1) this.#options.log.warn({ err }, 'a message of changes was dropped; more are only counted');
    this.#readAfterDrop ??= setTimeout(() => {
      this.#readAfterDrop = undefined;
      if (!this.#options.signal.aborted) void this.catchUp();
    }, DROPPED_MS).unref();
  }

  #fill(): Promise<void> {
    this.#lastNews = performance.now();
    return this.#updates.fill();
  }
}
