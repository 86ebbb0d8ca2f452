import type { KindName, ObjectChange, Reflector, ReflectorListener } from '@everynode/list-watch';
import type { ResourceName } from '@everynode/objects';
import type { Store } from '@everynode/store';
import { readJournalTail } from './journal-tail.js';
import { WatchHistory } from './watch-history.js';

/** Changes of one resource that came together, oldest first. */
export interface Batch {
  changes: readonly ObjectChange[];
  /** Encoded events by form and selection. Watchers with the same form and selection share them. */
  encoded: Map<string, Buffer>;
  /** Not in the store and not in the history: it goes to the current watchers only, whatever its revision is. */
  isSynthetic?: boolean;
}

/** Follows the changes of one resource. */
export interface Subscriber {
  onBatch(batch: Batch): void;
  /** The caches were listed again: the changes before this revision are not known. */
  onGap(revision: number): void;
}

/**
 * - `unlisted`: the reflector has not listed, so its changes are the list and no history.
 * - `readingTail`: the newest entries of the journal are being read. Changes that come meanwhile wait in `early`.
 * - `live`: changes go to the histories and the watchers. No way out: a relist only cuts the histories.
 */
type HubMode =
  | { readonly name: 'unlisted' }
  | { readonly name: 'readingTail'; readonly early: ObjectChange[] }
  | { readonly name: 'live' };

/** Hands the changes of each resource to its watchers, and keeps the recent ones for watches that resume. */
export class WatchHub implements ReflectorListener {
  readonly #reflector: Reflector;
  readonly #histories = new Map<string, WatchHistory>();
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  #mode: HubMode = { name: 'unlisted' };
  /** Where the history begins of a resource that has none yet. */
  #floor = 0;
  /** Watchers that were cut off because they read nothing. */
  dropped = 0;

  constructor(reflector: Reflector) {
    this.#reflector = reflector;
    reflector.addListener(this);
  }

  /**
   * Begins the histories with the newest entries of the journal, so that a watch that began on a lost replica can
   * resume here. Changes that come while the tail is read wait for it.
   */
  async beginWithTail(
    store: Pick<Store, 'journalTail' | 'journalEntries'>,
    length: number,
    kinds: ReadonlyMap<string, KindName>,
  ): Promise<void> {
    const early: ObjectChange[] = [];
    this.#mode = { name: 'readingTail', early };
    const { floor, changes } = await readJournalTail(store, { length, revision: this.#reflector.revision, kinds });
    this.#floor = floor;
    for (const change of changes) this.#historyOf(change.current.record.resource).append(change);
    this.#mode = { name: 'live' };
    this.onChanges(early);
  }

  onChanges(changes: ObjectChange[]): void {
    if (this.#mode.name === 'readingTail') this.#mode.early.push(...changes);
    if (this.#mode.name !== 'live') return;
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

  /** The revision of the caches. */
  get revision(): number {
    return this.#reflector.revision;
  }

  /** Changes of a resource after a revision; undefined when some of them are not kept any more. */
  changesAfter(resource: ResourceName, revision: number, limit?: number): ObjectChange[] | undefined {
    return this.#historyOf(resource).after(revision, limit);
  }

  /** Oldest revision that a watch of the resource can begin after. */
  floorOf(resource: ResourceName): number {
    return this.#historyOf(resource).floor;
  }

  /** How many watches follow a resource. */
  followers(resource: ResourceName): number {
    return this.#subscribers.get(resource)?.size ?? 0;
  }

  /** Passes changes from now on to the subscriber. Returns the function that ends this. */
  subscribe(resource: ResourceName, subscriber: Subscriber): () => void {
    let subscribers = this.#subscribers.get(resource);
    if (!subscribers) {
      subscribers = new Set();
      this.#subscribers.set(resource, subscribers);
    }
    subscribers.add(subscriber);
    return () => subscribers.delete(subscriber);
  }

  /** Passes a change to the current watchers only. It does not enter the history, so later watches do not get it. */
  publishSynthetic(resource: ResourceName, change: ObjectChange): void {
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
