import type { JournalEntry } from '@everynode/contract';
import {
  CachedObject,
  type KindName,
  type ObjectChange,
  type Reflector,
  type ReflectorListener,
} from '@everynode/list-watch';
import { type ResourceName, resourceKeyOf } from '@everynode/objects';
import type { Store } from '@everynode/store';
import { WatchHistory } from './watch-history.js';

/** Changes of one resource that came together, oldest first. */
export interface Batch {
  changes: readonly ObjectChange[];
  /** What watchers who want the same of it share: encoded events by form and selection. */
  encoded: Map<string, Buffer>;
  /** Nothing that the store knows of: it goes to those who watch now, whatever revision it bears. */
  isSynthetic?: boolean;
}

/** Somebody who follows the changes of one resource. */
export interface Subscriber {
  onBatch(batch: Batch): void;
  /** The cache was listed anew: what happened in between is not known. */
  onGap(revision: number): void;
}

/** Hands the changes of each resource to its watchers, and keeps the recent ones for those who come back. */
export class WatchHub implements ReflectorListener {
  readonly #reflector: Reflector;
  readonly #histories = new Map<string, WatchHistory>();
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  /** Before this the reflector had not listed, and changes are the list. */
  #listed = false;
  /** Changes that came while the tail of the journal was read. */
  #early: ObjectChange[] | undefined;
  #floor = 0;
  /** Watchers that were cut off as they took nothing. */
  dropped = 0;

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
    reflector.addListener(this);
  }

  /**
   * Begins the histories with the newest entries of the journal, so that a watch can go on here which began on a replica
   * that is gone. Changes that come while the tail is read wait for it.
   */
  async beginWithTail(
    store: Pick<Store, 'journalTail' | 'journalEntries'>,
    length: number,
    kinds: ReadonlyMap<string, KindName>,
  ): Promise<void> {
    this.#early = [];
    const revision = this.#reflector.revision;
    const tail = await store.journalTail(length, revision);
    const before = await objectsBefore(tail, store, kinds);
    this.#floor = (tail[0]?.revision ?? revision + 1) - 1;
    const latest = new Map<string, CachedObject>();
    for (const entry of tail) {
      const kind = kinds.get(entry.resource);
      if (!kind) continue;
      const key = resourceKeyOf(entry);
      const previous = latest.get(key) ?? before.get(key);
      // What it was before is compacted away: nobody can resume from there.
      if (entry.type !== 'ADDED' && !previous) {
        this.#floor = entry.revision;
        for (const history of this.#histories.values()) history.cut(entry.revision);
      }
      const current = cachedFrom(entry, kind, previous);
      latest.set(key, current);
      if (entry.revision <= this.#floor) continue;
      this.#historyOf(entry.resource).append({ type: entry.type, revision: entry.revision, previous, current });
    }
    const early = this.#early;
    this.#early = undefined;
    this.#listed = true;
    this.onChanges(early);
  }

  onChanges(changes: ObjectChange[]): void {
    if (this.#early) this.#early.push(...changes);
    if (!this.#listed) return;
    const batches = new Map<string, ObjectChange[]>();
    for (const change of changes) {
      const { resource } = change.current.record;
      this.#historyOf(resource).append(change);
      const batch = batches.get(resource);
      if (batch) batch.push(change);
      else batches.set(resource, [change]);
    }
    for (const [resource, changed] of batches) {
      const subscribers = this.#subscribers.get(resource);
      if (!subscribers?.size) continue;
      const batch: Batch = { changes: changed, encoded: new Map() };
      for (const subscriber of subscribers) subscriber.onBatch(batch);
    }
  }

  onRelisted(revision: number): void {
    this.#floor = revision;
    for (const history of this.#histories.values()) history.cut(revision);
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of [...subscribers]) subscriber.onGap(revision);
    }
  }

  #historyOf(resource: ResourceName): WatchHistory {
    let history = this.#histories.get(resource);
    if (!history) {
      history = new WatchHistory(this.#floor);
      this.#histories.set(resource, history);
    }
    return history;
  }

  /** The revision that the caches stand at. */
  get revision(): number {
    return this.#reflector.revision;
  }

  /** Changes of a resource after a revision; undefined when they are not all known any more. */
  changesAfter(resource: ResourceName, revision: number, limit?: number): ObjectChange[] | undefined {
    return this.#historyOf(resource).after(revision, limit);
  }

  /** Oldest revision that a watch of the resource can begin after. */
  floorOf(resource: ResourceName): number {
    return this.#historyOf(resource).floor;
  }

  /** How many follow a resource. */
  followers(resource: ResourceName): number {
    return this.#subscribers.get(resource)?.size ?? 0;
  }

  /** Changes from now on go to the subscriber. Gives what ends it. */
  subscribe(resource: ResourceName, subscriber: Subscriber): () => void {
    let subscribers = this.#subscribers.get(resource);
    if (!subscribers) {
      subscribers = new Set();
      this.#subscribers.set(resource, subscribers);
    }
    subscribers.add(subscriber);
    return () => subscribers.delete(subscriber);
  }

  /** Shows a change to those who watch now. It is no part of what happened: who comes later does not hear of it. */
  tell(resource: ResourceName, change: ObjectChange): void {
    const batch: Batch = { changes: [change], encoded: new Map(), isSynthetic: true };
    for (const subscriber of this.#subscribers.get(resource) ?? []) subscriber.onBatch(batch);
  }

  isWatched(resource: ResourceName): boolean {
    return (this.#subscribers.get(resource)?.size ?? 0) > 0;
  }

  get watchers(): number {
    let sum = 0;
    for (const subscribers of this.#subscribers.values()) sum += subscribers.size;
    return sum;
  }
}

function cachedFrom(entry: JournalEntry, kind: KindName, previous?: CachedObject): CachedObject {
  const { type: _type, previous: _previous, changed: _changed, deleting: _deleting, ...record } = entry;
  return new CachedObject(record, kind, previous);
}

/** What the objects of a stretch of the journal were before it, by key. */
async function objectsBefore(
  entries: readonly JournalEntry[],
  store: Pick<Store, 'journalEntries'>,
  kinds: ReadonlyMap<string, KindName>,
): Promise<Map<string, CachedObject>> {
  const seen = new Set<string>();
  const revisions: number[] = [];
  for (const entry of entries) {
    const key = resourceKeyOf(entry);
    if (!seen.has(key) && entry.type !== 'ADDED' && kinds.has(entry.resource)) revisions.push(entry.previous);
    seen.add(key);
  }
  const objects = new Map<string, CachedObject>();
  for (const entry of await store.journalEntries(revisions)) {
    const kind = kinds.get(entry.resource);
    if (kind) objects.set(resourceKeyOf(entry), cachedFrom(entry, kind));
  }
  return objects;
}
