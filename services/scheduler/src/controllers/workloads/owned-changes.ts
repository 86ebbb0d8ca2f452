import type { CachedObject, ObjectCache, ObjectChange } from '@everynode/list-watch';
import { controllerOf, type KubeObject, keyOf, type ResourceName } from '@everynode/objects';
import { claimOf, type Selecting } from '@everynode/workloads';

/** Which kind owns what. */
interface OwnedChangesOptions<T extends KubeObject = KubeObject> {
  owners: ObjectCache<T>;
  /** What an owner selects; undefined for a kind that adopts nothing. */
  selecting: ((owner: T) => Selecting) | undefined;
  owned: readonly ResourceName[];
  enqueue: (key: string) => void;
  /** For an owner of which an owned object has changed; as any other by default. */
  enqueueForOwned?: (key: string) => void;
}

/**
 * Maps changes in the caches to owners: one that has changed, the controller of an object that has changed, and those
 * that select an object which has no controller. One of it serves all workloads: a pod is looked at once, whatever the
 * number of kinds that own pods.
 */
export class OwnedChanges {
  readonly #byKind = new Map<string, OwnedChangesOptions>();
  readonly #byResource = new Map<string, OwnedChangesOptions>();
  readonly #owned = new Map<string, OwnedChangesOptions[]>();

  /** Follows a kind of owners. */
  follow<T extends KubeObject>(kind: OwnedChangesOptions<T>): void {
    // The cache and what reads its objects are of one kind.
    const options = kind as unknown as OwnedChangesOptions;
    this.#byKind.set(options.owners.kind.kind, options);
    this.#byResource.set(options.owners.resource, options);
    for (const resource of options.owned) {
      this.#owned.set(resource, [...(this.#owned.get(resource) ?? []), options]);
    }
  }

  handle(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      const { record } = change.current;
      this.#byResource.get(record.resource)?.enqueue(keyOf(record));
      const kinds = this.#owned.get(record.resource);
      if (kinds) this.#onOwned(change, kinds);
    }
  }

  #onOwned({ type, previous, current }: ObjectChange, kinds: readonly OwnedChangesOptions[]): void {
    // Most changes are of a status alone.
    const isSameMetadata = previous?.record.metadata === current.record.metadata;
    const after = controllerOf(current.metadata);
    const before = isSameMetadata || !previous ? undefined : controllerOf(previous.metadata);
    if (before && before.uid !== after?.uid) this.#enqueue(current, before, kinds);
    if (after) this.#enqueue(current, after, kinds);
    else if (type !== 'DELETED' && !isSameMetadata) for (const kind of kinds) adopters(kind, current);
  }

  #enqueue(
    { record }: CachedObject,
    owner: { kind: string; name: string },
    kinds: readonly OwnedChangesOptions[],
  ): void {
    const followed = this.#byKind.get(owner.kind);
    if (!followed || !kinds.includes(followed)) return;
    const { enqueue, enqueueForOwned = enqueue } = followed;
    enqueueForOwned(`${record.namespace}/${owner.name}`);
  }
}

/** Queues those of a kind that select an object which has no controller. */
function adopters({ owners, selecting, enqueue }: OwnedChangesOptions, object: CachedObject): void {
  if (!selecting) return;
  for (const { record, object: owner } of owners.list(object.record.namespace)) {
    if (claimOf(selecting(owner), object) === 'adopt') enqueue(keyOf(record));
  }
}
