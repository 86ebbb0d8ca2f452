import type { JournalEntry } from '@everynode/contract';
import {
  CachedObject,
  type KindName,
  type ObjectChange,
  type Reflector,
  type ReflectorListener,
} from '@everynode/list-watch';
import { WatchHistory } from './watch-history.js';

/** Somebody who follows the changes of one resource. */
export interface Subscriber {
  onChange(change: ObjectChange): void;
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

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
    reflector.addListener(this);
  }

  /**
   * Begins the histories with the newest entries of the journal, so that a watch can go on here which began on a replica
   * that is gone. Changes that come while the tail is read wait for it.
   */
  async beginWithTail(
    readTail: (upTo: number) => Promise<JournalEntry[]>,
    kinds: ReadonlyMap<string, KindName>,
  ): Promise<void> {
    const revision = this.#reflector.revision;
    this.#early = [];
    const tail = await readTail(revision);
    this.#floor = (tail[0]?.revision ?? revision + 1) - 1;
    const latest = new Map<string, CachedObject>();
    for (const entry of tail) {
      const kind = kinds.get(entry.resource);
      if (!kind) continue;
      const key = `${entry.resource}/${entry.namespace}/${entry.name}`;
      const { type, previous: _previous, changed: _changed, deleting: _deleting, ...record } = entry;
      const previous = latest.get(key);
      const current = new CachedObject(record, kind, previous);
      latest.set(key, current);
      this.#historyOf(entry.resource).append({ type, revision: entry.revision, previous, current });
    }
    const early = this.#early;
    this.#early = undefined;
    this.#listed = true;
    this.onChanges(early);
  }

  onChanges(changes: ObjectChange[]): void {
    if (this.#early) this.#early.push(...changes);
    if (!this.#listed) return;
    for (const change of changes) {
      const { resource } = change.current.record;
      this.#historyOf(resource).append(change);
      for (const subscriber of this.#subscribers.get(resource) ?? []) subscriber.onChange(change);
    }
  }

  onRelisted(revision: number): void {
    this.#floor = revision;
    for (const history of this.#histories.values()) history.cut(revision);
    for (const subscribers of this.#subscribers.values()) {
      for (const subscriber of [...subscribers]) subscriber.onGap(revision);
    }
  }

  #historyOf(resource: string): WatchHistory {
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
  changesAfter(resource: string, revision: number): ObjectChange[] | undefined {
    return this.#historyOf(resource).after(revision);
  }

  /** Oldest revision that a watch of the resource can begin after. */
  floorOf(resource: string): number {
    return this.#historyOf(resource).floor;
  }

  /** Is what a resource was at one revision not what it is at another, as far as is known? */
  changedBetween(resource: string, from: number, to: number): boolean {
    if (from > to) return true;
    const changes = this.changesAfter(resource, from);
    return changes === undefined || changes.length > 0;
  }

  /** Changes from now on go to the subscriber. Gives what ends it. */
  subscribe(resource: string, subscriber: Subscriber): () => void {
    let subscribers = this.#subscribers.get(resource);
    if (!subscribers) {
      subscribers = new Set();
      this.#subscribers.set(resource, subscribers);
    }
    subscribers.add(subscriber);
    return () => subscribers.delete(subscriber);
  }

  /** Shows a change to those who watch now. It is no part of what happened: who comes later does not hear of it. */
  tell(resource: string, change: ObjectChange): void {
    for (const subscriber of this.#subscribers.get(resource) ?? []) subscriber.onChange(change);
  }

  isWatched(resource: string): boolean {
    return (this.#subscribers.get(resource)?.size ?? 0) > 0;
  }

  get watchers(): number {
    let sum = 0;
    for (const subscribers of this.#subscribers.values()) sum += subscribers.size;
    return sum;
  }
}
