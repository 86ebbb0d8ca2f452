import type { ObjectChange, Reflector, ReflectorListener } from '@everynode/list-watch';
import { KeyOrder } from './key-order.js';
import { keyOf, type Snapshot, snapshotAt, snapshotNow } from './snapshot.js';
import { SnapshotCache } from './snapshot-cache.js';

/** What has come to a resource after a revision; undefined when that is not known any more. */
export type ChangesAfter = (resource: string, revision: number) => ObjectChange[] | undefined;

/**
 * The collections of all resources: at present, as far back as the changes since are known, and at moments of which somebody
 * has seen the first page.
 */
export class Collections implements ReflectorListener {
  readonly #reflector: Reflector;
  readonly #changesAfter: ChangesAfter;
  readonly #orders = new Map<string, KeyOrder>();
  readonly #kept = new Map<string, SnapshotCache>();

  /** To be made before the reflector starts, so that it hears of every object. */
  constructor(reflector: Reflector, changesAfter: ChangesAfter) {
    this.#reflector = reflector;
    this.#changesAfter = changesAfter;
    reflector.addListener(this);
  }

  onChanges(changes: ObjectChange[]): void {
    for (const change of changes) {
      const { type, current } = change;
      this.#kept.get(current.record.resource)?.note(change);
      if (type === 'ADDED') this.#orderOf(current.record.resource).add(keyOf(current));
      else if (type === 'DELETED') this.#orderOf(current.record.resource).remove(keyOf(current));
    }
  }

  now(resource: string): Snapshot {
    return snapshotNow(this.#reflector.cache(resource), this.#orderOf(resource).sorted, this.#reflector.revision);
  }

  /** Undefined for a revision that is too old, or that the cache has not reached. */
  at(resource: string, revision: number): Snapshot | undefined {
    if (revision > this.#reflector.revision) return undefined;
    const kept = this.#kept.get(resource)?.get(revision);
    if (kept) return kept;
    const changes = this.#changesAfter(resource, revision);
    return changes && snapshotAt(this.#reflector.cache(resource), this.#orderOf(resource).sorted, revision, changes);
  }

  /** Keeps a snapshot that was made in this turn of the loop, for those who come for its next pages. */
  keep(resource: string, snapshot: Snapshot): void {
    let kept = this.#kept.get(resource);
    if (!kept) {
      kept = new SnapshotCache(() => performance.now());
      this.#kept.set(resource, kept);
    }
    kept.keep(snapshot);
  }

  #orderOf(resource: string): KeyOrder {
    let order = this.#orders.get(resource);
    if (!order) {
      order = new KeyOrder();
      this.#orders.set(resource, order);
    }
    return order;
  }
}
