import type { CachedObject, ObjectCache, ObjectChange } from '@everynode/list-watch';
import { controllerOf, keyOf, type ResourceName } from '@everynode/objects';
import { claimOf } from '@everynode/workloads';
import type { SelectingOwner } from './claim-objects.js';

/** Which kind owns what. */
interface OwnedChangesOptions {
  owners: ObjectCache<SelectingOwner>;
  owned: readonly ResourceName[];
  enqueue: (key: string) => void;
}

/**
 * Maps changes in the caches to owners: one that has changed, the controller of an object that has changed, and those
 * that select an object which has no controller.
 */
export class OwnedChanges {
  readonly #options: OwnedChangesOptions;
  readonly #owned: ReadonlySet<string>;

  constructor(options: OwnedChangesOptions) {
    this.#options = options;
    this.#owned = new Set(options.owned);
  }

  handle(changes: readonly ObjectChange[]): void {
    const { owners, enqueue } = this.#options;
    for (const change of changes) {
      const { resource } = change.current.record;
      if (resource === owners.resource) enqueue(keyOf(change.current.record));
      else if (this.#owned.has(resource)) this.#onOwned(change);
    }
  }

  #onOwned({ type, previous, current }: ObjectChange): void {
    const after = this.#controllerOf(current);
    if (after !== undefined) this.#options.enqueue(after);
    // Most changes are of a status alone.
    if (previous?.record.metadata === current.record.metadata) return;
    const before = this.#controllerOf(previous);
    if (before !== undefined && before !== after) this.#options.enqueue(before);
    if (type !== 'DELETED') this.#onOrphan(current);
  }

  /** The key of the owner of this kind that controls an object. */
  #controllerOf(object: CachedObject | undefined): string | undefined {
    const controller = object && controllerOf(object.metadata);
    if (!object || controller?.kind !== this.#options.owners.kind.kind) return undefined;
    return `${object.record.namespace}/${controller.name}`;
  }

  #onOrphan(object: CachedObject): void {
    if (controllerOf(object.metadata)) return;
    for (const { record, object: owner } of this.#options.owners.list(object.record.namespace)) {
      if (claimOf(owner, object) === 'adopt') this.#options.enqueue(keyOf(record));
    }
  }
}
