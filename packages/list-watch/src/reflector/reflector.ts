import type { Bus, Follower } from '@everynode/bus';
import {
  changeOf,
  decodeChanges,
  type JournalChange,
  type JournalEntry,
  type RevisionRange,
  rangeOf,
  streams,
  subjects,
  writtenBy,
} from '@everynode/contract';
import type { ObjectRecord, ResourceName, StoredKinds } from '@everynode/objects';
import { backoffMs, type Logger, pause, retryUntilDone } from '@everynode/service-shell';
import { CompactedError, type Store } from '@everynode/store';
import type { CachedObject, KindName } from '../cache/cached-object.js';
import { type Indexer, ObjectCache, type ObjectChange } from '../cache/object-cache.js';

/** What the reflector needs of the bus and the store. */
export interface ReflectorSource {
  bus: Pick<Bus, 'follow' | 'connected'>;
  store: Pick<Store, 'readSnapshot' | 'journalAfter' | 'currentRevision'>;
}

export interface ReflectorOptions extends ReflectorSource {
  /** The resources to keep, with their indexes. Others are counted for their revisions and dropped. */
  resources: { resource: ResourceName; kind: KindName; indexers?: Record<string, Indexer> }[];
  log: Logger;
  signal: AbortSignal;
}

export interface ReflectorListener {
  /** Changes in revision order, all applied to the caches by now. `upTo` is the revision the caches stand at. */
  onChanges(changes: ObjectChange[], upTo: number): void;
  /** The caches were listed anew: changes in between are told as a difference, and their history is not known. */
  onRelisted?(revision: number): void;
}

/** Without news for this long, Postgres is asked whether there are any: the bus may be down or have lost some. */
const QUIET_MS = 5000;
const QUIET_WITHOUT_BUS_MS = 500;
const FILL_PAGE = 2000;
/**
 * How long changes that are ahead wait for those between, in ms: writers publish what they have committed each by itself, and
 * a later one may come first by a moment.
 */
const HOLE_PATIENCE_MS = 50;
/** The same when the journal could not be read. */
const HOLE_RETRY_MS = 1000;
/** Runs of changes that may wait for a hole to be filled. */
const MAX_AHEAD = 200;
/** Messages that may wait to be applied before no more are taken. */
const MAX_BACKLOG = 32;

/**
 * Keeps caches equal to the store: lists once, then applies every change in revision order.
 *
 * Revisions have no gaps, so a reader that stands at n and sees n+1 has missed nothing. What is further ahead waits a
 * moment for what lies between; then that is read from the journal in Postgres, and where it is compacted, everything is
 * listed anew. So the bus may lose, duplicate or delay whatever it likes.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #caches = new Map<ResourceName, ObjectCache>();
  readonly #listeners: ReflectorListener[] = [];
  readonly #waiters = new Set<{ revision: number; resolve: () => void }>();
  #revision = -1;
  #lastNews = 0;
  /** Everything that reads or moves the revision runs one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #trouble: string | undefined = 'not listed yet';
  /** Runs of changes that do not follow yet on what is cached. */
  #ahead: JournalChange[][] = [];
  #hole: { after: number; timer: NodeJS.Timeout } | undefined;
  #backlog = 0;
  /** Hears which revisions the bus has brought, known already or not. */
  onReceived: ((range: RevisionRange) => void) | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    for (const { resource, kind, indexers } of options.resources) {
      this.#caches.set(resource, new ObjectCache(resource, kind, indexers));
    }
  }

  /** The revision up to which the caches have everything; -1 before the first list. */
  get revision(): number {
    return this.#revision;
  }

  /** Why the caches may be out of date; undefined when they are not, as far as is known. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** All caches: for those who look at objects of any kind. */
  get caches(): Iterable<ObjectCache> {
    return this.#caches.values();
  }

  /** @throws Error when the reflector does not keep this resource. */
  cache<K extends ResourceName>(resource: K): ObjectCache<StoredKinds[K]> {
    const cache = this.#caches.get(resource);
    if (!cache) throw new Error(`the reflector does not keep ${resource}`);
    return cache as ObjectCache<StoredKinds[K]>;
  }

  /** Listeners that are added before `start` see every object as ADDED. */
  addListener(listener: ReflectorListener): void {
    this.#listeners.push(listener);
  }

  /** Lists, with back-off until it works, and then follows until the signal aborts. Resolves when it has listed. */
  async start(): Promise<void> {
    const { bus, signal, log } = this.#options;
    const follower: Follower = {
      onMessage: ({ event, bytes }) => {
        const range = rangeOf(event?.id);
        if (range) this.onReceived?.(range);
        this.#backlog += 1;
        const received = this.#inTurn(() => this.#receive(range, bytes)).finally(() => {
          this.#backlog -= 1;
        });
        // What is heard of must not wait for what is applied, but for so much.
        return this.#backlog > MAX_BACKLOG ? received : undefined;
      },
      onReset: () => void this.#inTurn(() => this.#fill()),
    };
    await retryUntilDone(() => this.#list(), {
      signal,
      onFailure: (error, failures) => log.warn({ err: error, failures }, 'listing failed'),
    });
    // What is committed between the list and the first message is found by onReset.
    void bus.follow(streams.journal.name, subjects.objectsChanged, follower);
    void this.#watchSilence();
  }

  /** Resolves once the caches have everything up to `revision`; never, when the signal aborts before. */
  waitFor(revision: number, signal?: AbortSignal): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { revision, resolve };
      this.#waiters.add(waiter);
      // A revision that never comes must not be waited for by nobody, for ever.
      signal?.addEventListener('abort', () => this.#waiters.delete(waiter), { once: true });
    });
  }

  /** Reads from Postgres what the bus has not brought yet. Failures show in `trouble`. */
  catchUp(): Promise<void> {
    return this.#inTurn(() => this.#fill());
  }

  /** Runs work when nothing else moves the caches; errors are retried by whatever comes next, and seen in `trouble`. */
  #inTurn(work: () => Promise<void> | void): Promise<void> {
    const next = this.#turn.then(work).then(
      () => {
        // Changes that were put aside have brought the caches nowhere.
        if (this.#ahead.length === 0) this.#trouble = undefined;
      },
      (error: unknown) => {
        this.#trouble = 'the journal cannot be read';
        this.#waitForHole(HOLE_RETRY_MS);
        this.#options.log.warn({ err: error }, 'the caches could not be brought up to date');
      },
    );
    this.#turn = next;
    return next;
  }

  /** Takes what this process has committed, before the bus brings it. */
  applyLocally(entries: readonly JournalEntry[]): void {
    // What was committed before the first list is in it.
    if (this.#revision < 0) return;
    void this.#inTurn(() => this.#take(entries.map(writtenBy)));
  }

  async #receive(range: RevisionRange | undefined, bytes: Uint8Array): Promise<void> {
    this.#lastNews = Date.now();
    if (range && range.last <= this.#revision) return;
    await this.#take(decodeChanges(bytes));
  }

  /** Takes changes that follow each other, and those that waited for them. */
  async #take(changes: JournalChange[]): Promise<void> {
    const news = changes.filter((change) => change.revision > this.#revision);
    const first = news[0];
    if (!first) return;
    if (first.revision > this.#revision + 1) {
      this.#ahead.push(news);
      if (this.#ahead.length > MAX_AHEAD) await this.#fill();
      else this.#waitForHole();
      return;
    }
    // What is told of is committed, so the journal holds these changes and all before them.
    if (!this.#apply(news) || !this.#takeAhead()) await this.#fill();
  }

  /** False when a run does not fit on what is cached, though its revisions do. */
  #takeAhead(): boolean {
    for (;;) {
      this.#forgetKnown();
      const next = this.#ahead.findIndex((run) => (run[0]?.revision ?? 0) <= this.#revision + 1);
      if (next < 0) break;
      const [run = []] = this.#ahead.splice(next, 1);
      if (!this.#apply(run.filter((change) => change.revision > this.#revision))) return false;
    }
    this.#waitForHole();
    return true;
  }

  /** Lets go of what waited for changes that came otherwise, and so came itself. */
  #forgetKnown(): void {
    this.#ahead = this.#ahead.filter((run) => (run.at(-1)?.revision ?? 0) > this.#revision);
  }

  /** Where something is ahead: reads the journal when the hole before it has not been filled for a while. */
  #waitForHole(patienceMs = HOLE_PATIENCE_MS): void {
    if (this.#ahead.length === 0) return;
    const after = this.#revision;
    if (this.#hole?.after === after) return;
    clearTimeout(this.#hole?.timer);
    const timer = setTimeout(() => {
      this.#hole = undefined;
      void this.#inTurn(async () => {
        if (this.#ahead.length === 0 || this.#options.signal.aborted) return;
        if (this.#revision === after) await this.#fill();
        else this.#waitForHole();
      });
    }, patienceMs);
    timer.unref();
    this.#hole = { after, timer };
  }

  /** Reads what is missing from Postgres. */
  async #fill(): Promise<void> {
    this.#lastNews = Date.now();
    try {
      for (;;) {
        const entries = await this.#options.store.journalAfter(this.#revision, FILL_PAGE);
        if (entries.length === 0) break;
        this.#options.log.debug({ after: this.#revision, count: entries.length }, 'filling a gap from the journal');
        if (!this.#apply(entries.map(changeOf))) throw new Error(`the journal has a hole after ${this.#revision}`);
        if (entries.length < FILL_PAGE) break;
      }
      this.#forgetKnown();
      this.#waitForHole();
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      this.#options.log.warn({ err: error }, 'listing anew');
      await this.#list();
    }
  }

  /**
   * Applies changes that begin right after the current revision. False when one does not follow on what is cached; what
   * came before it is applied.
   */
  #apply(changes: JournalChange[]): boolean {
    const applied: ObjectChange[] = [];
    let complete = true;
    for (const change of changes) {
      if (change.revision !== this.#revision + 1) {
        complete = false;
        break;
      }
      const cache = this.#caches.get(change.resource);
      if (cache) {
        const record = completeRecord(change, cache.get(change.namespace, change.name));
        if (!record) {
          complete = false;
          break;
        }
        const result = change.type === 'DELETED' ? cache.remove(record) : cache.put(record);
        if (result) applied.push(result);
      }
      this.#revision = change.revision;
    }
    this.#tell(applied);
    return complete;
  }

  #tell(changes: ObjectChange[]): void {
    for (const listener of this.#listeners) {
      try {
        listener.onChanges(changes, this.#revision);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener failed');
      }
    }
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Lists everything and tells listeners the difference to what was cached before. */
  async #list(): Promise<void> {
    const { store, log } = this.#options;
    const seen = new Map<string, Set<string>>([...this.#caches.keys()].map((resource) => [resource, new Set()]));
    const changes: ObjectChange[] = [];
    const before = this.#revision;
    const records: ObjectRecord[] = [];
    const revision = await store.readSnapshot([...this.#caches.keys()], (page) => void records.push(...page));
    // At once: nobody may see the caches between two revisions.
    for (const record of records) {
      seen.get(record.resource)?.add(`${record.namespace}/${record.name}`);
      const change = this.#caches.get(record.resource)?.put(record);
      if (change) changes.push(change);
    }
    for (const [resource, cache] of this.#caches) {
      const keys = seen.get(resource);
      const gone = [...cache.list()].filter(({ record }) => !keys?.has(`${record.namespace}/${record.name}`));
      for (const { record } of gone) {
        const change = cache.remove({ ...record, revision });
        if (change) changes.push(change);
      }
    }
    this.#revision = revision;
    this.#lastNews = Date.now();
    log.info({ revision, objects: [...this.#caches.values()].reduce((sum, cache) => sum + cache.size, 0) }, 'listed');
    this.#trouble = undefined;
    if (before >= 0) for (const listener of this.#listeners) listener.onRelisted?.(revision);
    this.#tell(changes);
    this.#forgetKnown();
    this.#waitForHole();
  }

  /** Asks Postgres when nothing was heard for a while. */
  async #watchSilence(): Promise<void> {
    const { signal, store, bus, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const quietMs = bus.connected ? QUIET_MS : QUIET_WITHOUT_BUS_MS;
      await pause(failures > 0 ? backoffMs(failures) : quietMs / 2, signal);
      if (signal.aborted || (failures === 0 && Date.now() - this.#lastNews < quietMs)) continue;
      try {
        const latest = await store.currentRevision();
        if (latest > this.#revision) await this.#inTurn(() => this.#fill());
        else this.#lastNews = Date.now();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#trouble = 'Postgres does not answer';
        log.warn({ err: error, failures }, 'Postgres cannot be asked for news');
      }
    }
  }
}

/** Fills the parts that a change leaves out from the version it follows on; undefined when that is not the cached one. */
function completeRecord(change: JournalChange, cached: CachedObject | undefined): ObjectRecord | undefined {
  const { resource, namespace, name, uid, revision, placement, metadata, desired, observed } = change;
  if (metadata !== undefined && desired !== undefined && observed !== undefined) {
    return { resource, namespace, name, uid, revision, metadata, desired, observed, placement };
  }
  const before = cached?.record;
  if (before?.revision !== change.previous) return undefined;
  return {
    resource,
    namespace,
    name,
    uid,
    revision,
    metadata: metadata ?? before.metadata,
    desired: desired ?? before.desired,
    observed: observed === undefined ? before.observed : observed,
    placement,
  };
}
