import { changeOf, type JournalChange } from '@everynode/contract';
import type { ObjectRecord } from '@everynode/objects';
import { CompactedError } from '@everynode/store';
import type { ObjectChange } from '../cache/object-cache.js';
import { CacheSet } from './cache-set.js';
import type { CurrentMode } from './current-mode.js';
import type { ReflectorListener, ReflectorOptions } from './reflector-options.js';
import { RevisionWaiters } from './revision-waiters.js';
import { RunsAhead } from './runs-ahead.js';

/** Entries read from the journal at once. */
const FILL_PAGE = 2000;
/** Runs of changes that may wait for a hole to be filled. */
const MAX_AHEAD = 200;

/** Brings the caches of a reflector forward, and passes on what that changed. Its methods must not overlap in time. */
export class CacheUpdates {
  readonly caches: CacheSet;
  readonly ahead = new RunsAhead();
  readonly waiters = new RevisionWaiters();
  readonly listeners = new Set<ReflectorListener>();
  readonly #options: ReflectorOptions;
  readonly #mode: CurrentMode;

  constructor(options: ReflectorOptions, mode: CurrentMode) {
    this.#options = options;
    this.#mode = mode;
    this.caches = new CacheSet(options.resources, options.others);
  }

  get revision(): number {
    return this.caches.revision;
  }

  /** Applies a run that follows on the caches, and the runs that waited for it. A run that is ahead waits. */
  async accept(changes: JournalChange[]): Promise<void> {
    const { revision } = this;
    const news = changes.filter((change) => change.revision > revision);
    const first = news[0];
    if (!first) return;
    if (first.revision > revision + 1) {
      this.ahead.add(news);
      if (this.ahead.size > MAX_AHEAD) await this.fill();
      return;
    }
    // What the bus or this process shows is committed, so the journal holds these changes and all before them.
    for (let run: JournalChange[] | undefined = news; run; run = this.ahead.takeFollowing(this.revision)) {
      if (!this.#apply(run)) return await this.fill();
    }
  }

  /**
   * Reads what is missing from the journal, or lists everything when that is compacted.
   *
   * @throws what the store throws.
   */
  async fill(): Promise<void> {
    this.#mode.move({ type: 'readWanted' });
    // Before the first list there is nothing to fill.
    if (this.#mode.name === 'unlisted') return;
    try {
      await this.#readJournal();
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#options.log.warn({ err: error }, 'listing again');
      this.#mode.move({ type: 'compacted' });
      await this.list();
    }
    this.ahead.dropKnown(this.revision);
  }

  async #readJournal(): Promise<void> {
    const { store, log } = this.#options;
    for (;;) {
      const entries = await store.journalAfter(this.revision, FILL_PAGE);
      if (entries.length === 0) return;
      log.debug({ after: this.revision, count: entries.length }, 'filling a gap from the journal');
      if (!this.#apply(entries.map(changeOf))) throw new Error(`the journal has a hole after ${this.revision}`);
      if (entries.length < FILL_PAGE) return;
    }
  }

  /** Lists everything and passes on the difference to what was cached before. @throws what the store throws. */
  async list(): Promise<void> {
    const { store, log } = this.#options;
    const isFirst = this.#mode.name === 'unlisted';
    const records: ObjectRecord[] = [];
    const revision = await store.readSnapshot(this.caches.resources, (page) => void records.push(...page));
    const changes = this.caches.replace(records, revision);
    log.info({ revision, objects: this.caches.size }, 'listed');
    this.#mode.move({ type: 'listed' });
    if (!isFirst) for (const listener of this.listeners) listener.onRelisted?.(revision);
    this.#notify(changes);
  }

  /** Applies a run and passes it on. False when a change does not follow on what is cached. */
  #apply(run: readonly JournalChange[]): boolean {
    const applied: ObjectChange[] = [];
    const complete = this.caches.apply(run, applied);
    this.#notify(applied);
    return complete;
  }

  #notify(changes: ObjectChange[]): void {
    for (const listener of this.listeners) {
      try {
        listener.onChanges(changes, this.revision);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener failed');
      }
    }
    this.waiters.release(this.revision);
  }
}
