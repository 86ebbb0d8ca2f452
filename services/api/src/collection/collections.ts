import type { ObjectChange, Reflector, ReflectorListener } from '@everynode/list-watch';
import { keyOf, type ResourceName } from '@everynode/objects';
import { KeyOrder } from './key-order.js';
import { type Snapshot, snapshotAt, snapshotNow } from './snapshot.js';
import { SnapshotCache } from './snapshot-cache.js';

/** Returns the changes of a resource after a revision; undefined when they are not all known any more. */
export type ChangesAfter = (resource: ResourceName, revision: number) => ObjectChange[] | undefined;

/**
 * The collections of all resources: as they are now; as they were at any revision after which all changes are known;
 * and as they were in snapshots whose lists have further pages.
 */
export class Collections implements ReflectorListener {
  readonly #reflector: Reflector;
  readonly #changesAfter: ChangesAfter;
  readonly #orders = new Map<string, KeyOrder>();
  readonly #snapshots = new Map<string, SnapshotCache>();

  /** Construct it before the reflector starts, so that it receives every object. */
  constructor(reflector: Reflector, changesAfter: ChangesAfter) {
    this.#reflector = reflector;
    this.#changesAfter = changesAfter;
    reflector.addListener(this);
  }

  onChanges(changes: ObjectChange[]): void {
    for (const change of changes) {
      const { type, current } = change;
      this.#snapshots.get(current.record.resource)?.recordChange(change);
      if (type === 'ADDED') this.#orderOf(current.record.resource).add(keyOf(current.record));
      else if (type === 'DELETED') this.#orderOf(current.record.resource).remove(keyOf(current.record));
    }
  }

  now(resource: ResourceName): Snapshot {
    return snapshotNow(this.#reflector.cache(resource), this.#orderOf(resource).sorted, this.#reflector.revision);
  }

  /** Returns undefined for a revision that is too old, or that the cache has not reached. */
  at(resource: ResourceName, revision: number): Snapshot | undefined {
    if (revision > this.#reflector.revision) return undefined;
    const kept = this.#snapshots.get(resource)?.get(revision);
    if (kept) return kept;
    const changes = this.#changesAfter(resource, revision);
    return changes && snapshotAt(this.#reflector.cache(resource), this.#orderOf(resource).sorted, revision, changes);
  }

  /** Keeps a snapshot for the next pages of its list. It must have been made in the same turn of the event loop. */
  keep(resource: ResourceName, snapshot: Snapshot): void {
    let kept = this.#snapshots.get(resource);
    if (!kept) {
      kept = new SnapshotCache(() => performance.now());
      this.#snapshots.set(resource, kept);
    }
    kept.keep(snapshot);
  }

  #orderOf(resource: ResourceName): KeyOrder {
    let order = this.#orders.get(resource);
    if (!order) {
      order = new KeyOrder();
      this.#orders.set(resource, order);
    }
    return order;
  }
}
