import type { CachedObject, ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import {
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
  type OwnerReference,
  type ResourceName,
  resourceKeyOf,
} from '@everynode/objects';
import type { Fence, WriteRequest, WriteResult } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { decideCollection, decideFinalizerRemoval, decideForcedDeletion, decideRelease } from './decide-collection.js';
import {
  actionFor,
  blocks,
  type Dependents,
  isDeletingDependents,
  isOrphaningDependents,
  type ReferenceState,
} from './owner-references.js';

export interface GarbageCollectorOptions {
  /**
   * How long a pod is left that is bound to a node that does not exist. Upstream waits 40 s, because its view of nodes and
   * that of pods are not of the same moment. Here both are of one revision: a node that is not there then is not there.
   */
  podQuarantineSeconds?: number;
}

/** Kinds that an object outside all namespaces may have as owners. A namespaced one cannot be told by name alone. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['/Node', '/Namespace']);
/** Objects that are worked on at once. A pass waits until the caches have its commit, and some of those may be on their way. */
const WORKERS = 2000;

/**
 * Deletes what nobody owns any more: dependents whose owners are gone, owners whose foreground or orphaning deletion is
 * done, and pods whose node is gone.
 *
 * The graph is the caches and their index by owner. They are of one revision, and an owner is created before what refers
 * to it, so an owner that the caches do not know is gone, and no further look is needed. A uid never comes back.
 */
export class GarbageCollector implements Controller {
  readonly name = 'garbage-collector';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #caches: ObjectCache[];
  readonly #byKind: ReadonlyMap<string, ObjectCache>;
  readonly #podQuarantineMs: number;
  /** Since when a pod's node was seen to be missing, by uid; only where there is a quarantine. */
  readonly #missingSince = new Map<string, number>();

  constructor(context: SchedulerContext, options: GarbageCollectorOptions = {}) {
    this.#context = context;
    this.#caches = [...context.reflector.caches];
    this.#byKind = new Map(this.#caches.map((cache) => [groupKind(cache.kind), cache]));
    this.#podQuarantineMs = (options.podQuarantineSeconds ?? 0) * 1000;
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => this.#keysWithWork(),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  *#keysWithWork(): Iterable<string> {
    for (const cache of this.#caches) {
      for (const object of cache.list()) if (this.#needsWork(object)) yield resourceKeyOf(object.record);
    }
  }

  #onChanges(changes: ObjectChange[]): void {
    for (const { type, previous, current } of changes) {
      const { resource, name, uid, metadata } = current.record;
      if (type === 'DELETED') {
        this.#addDependentsOf(uid);
        this.#missingSince.delete(uid);
        this.#lookAtWaitingOwners(current);
        if (resource === 'nodes') {
          for (const pod of this.#context.reflector.cache('pods').find('byNode', name)) this.#examine(pod);
        }
        continue;
      }
      // Deleted and made anew between two looks: a list tells only the difference.
      if (previous && previous.record.uid !== uid) this.#addDependentsOf(previous.record.uid);
      const isBinding = previous?.record.placement !== current.record.placement;
      if (previous?.record.metadata === metadata && !isBinding) continue;
      // Caches stand at the end of the batch, so this may be an older version of the object than they have.
      this.#examine(current);
      if (previous) this.#lookAtWaitingOwners(previous);
      const wasForeground = previous !== undefined && isDeletingDependents(previous.metadata);
      if (isDeletingDependents(current.metadata) && !wasForeground) this.#addDependentsOf(uid);
    }
  }

  #addDependentsOf(uid: string): void {
    for (const dependent of this.#dependentsOf(uid)) this.#queue.add(resourceKeyOf(dependent.record));
  }

  #examine(object: CachedObject): void {
    if (this.#needsWork(object)) this.#queue.add(resourceKeyOf(object.record));
  }

  /** Cheap enough for every change: lookups by key, and parsed metadata that the index by owner has parsed already. */
  #needsWork(object: CachedObject): boolean {
    const { metadata } = object;
    if (isDeletingDependents(metadata) || isOrphaningDependents(metadata)) return true;
    if (this.#isOnMissingNode(object)) return true;
    if (metadata.deletionTimestamp !== undefined) return false;
    return metadata.ownerReferences?.some((reference) => this.#stateOf(object, reference) !== 'solid') ?? false;
  }

  #isOnMissingNode({ record }: CachedObject): boolean {
    return (
      record.resource === 'pods' &&
      record.placement !== null &&
      this.#context.reflector.cache('nodes').get('', record.placement) === undefined
    );
  }

  /** An owner in foreground deletion may be done when a dependent changes or goes. */
  #lookAtWaitingOwners(dependent: CachedObject): void {
    for (const reference of dependent.metadata.ownerReferences ?? []) {
      const owner = this.#ownerOf(dependent, reference);
      if (owner && isDeletingDependents(owner.metadata)) this.#queue.add(resourceKeyOf(owner.record));
    }
  }

  #ownerOf(dependent: CachedObject, reference: OwnerReference): CachedObject | undefined {
    const cache = this.#byKind.get(groupKind(reference));
    const owner =
      cache?.get('', reference.name) ??
      (dependent.record.namespace === '' ? undefined : cache?.get(dependent.record.namespace, reference.name));
    return owner?.record.uid === reference.uid ? owner : undefined;
  }

  #stateOf(dependent: CachedObject, reference: OwnerReference): ReferenceState {
    const kind = groupKind(reference);
    // What cannot be looked up is taken at its word: a kind that is not served here, a name without its namespace.
    if (!this.#byKind.has(kind)) return 'solid';
    const owner = this.#ownerOf(dependent, reference);
    if (!owner) return dependent.record.namespace === '' && !CLUSTER_SCOPED.has(kind) ? 'solid' : 'dangling';
    return isDeletingDependents(owner.metadata) ? 'waiting' : 'solid';
  }

  *#dependentsOf(uid: string): Iterable<CachedObject> {
    for (const cache of this.#caches) yield* cache.find('byOwner', uid);
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const object = this.#find(key);
    if (!object) return undefined;
    const { metadata } = object;
    let written = 0;
    if (this.#isOnMissingNode(object)) {
      const waitMs = this.#quarantineLeftMs(object);
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      const { uid } = object.record;
      written = await this.#write(object, fence, (current) => decideForcedDeletion(current, uid, Date.now()));
    } else if (isOrphaningDependents(metadata)) written = await this.#orphan(object, fence);
    else if (isDeletingDependents(metadata)) written = await this.#finishForeground(object, fence);
    else written = await this.#attemptToDelete(object, fence);
    await caughtUp(this.#context, written);
    // What was written may not be what was meant, if the object had changed: look once more where that is so.
    const after = this.#find(key);
    if (after && after.record.metadata !== object.record.metadata) this.#examine(after);
    return undefined;
  }

  #quarantineLeftMs({ record }: CachedObject): number {
    if (this.#podQuarantineMs === 0) return 0;
    const now = performance.now();
    const since = this.#missingSince.get(record.uid) ?? now;
    this.#missingSince.set(record.uid, since);
    const left = since + this.#podQuarantineMs - now;
    if (left <= 0) this.#missingSince.delete(record.uid);
    return Math.max(0, left);
  }

  /** Takes the object out of its dependents, then lets it go. */
  async #orphan(owner: CachedObject, fence: Fence): Promise<number> {
    const { uid } = owner.record;
    const released = await Promise.all(
      Array.from(this.#dependentsOf(uid), (dependent) =>
        this.#write(dependent, fence, (current) => decideRelease(current, dependent.record, [uid])),
      ),
    );
    await caughtUp(this.#context, Math.max(0, ...released));
    // Some may have changed in between, and new ones may have come.
    if (this.#describeDependents(uid).any) throw new Error('some dependents still have their reference');
    return await this.#write(owner, fence, (current) => decideFinalizerRemoval(current, uid, ORPHAN_FINALIZER));
  }

  async #finishForeground(owner: CachedObject, fence: Fence): Promise<number> {
    const { uid } = owner.record;
    for (const { metadata } of this.#dependentsOf(uid)) {
      // The last of them to go brings the owner here again.
      if (blocks(metadata, uid)) return 0;
    }
    return await this.#write(owner, fence, (current) => decideFinalizerRemoval(current, uid, FOREGROUND_FINALIZER));
  }

  async #attemptToDelete(object: CachedObject, fence: Fence): Promise<number> {
    const { record, metadata } = object;
    const action = actionFor(
      metadata,
      (reference) => this.#stateOf(object, reference),
      () => this.#describeDependents(record.uid),
    );
    switch (action.kind) {
      case 'keep':
        return 0;
      case 'dropReferences':
        return await this.#write(object, fence, (current) => decideRelease(current, record, action.uids));
      case 'delete':
        return await this.#write(object, fence, (current) =>
          decideCollection(current, record.resource, record, action, Date.now()),
        );
    }
  }

  #describeDependents(uid: string): Dependents {
    const dependents = [...this.#dependentsOf(uid)];
    return {
      any: dependents.length > 0,
      someDeleting: dependents.some(({ metadata }) => isDeletingDependents(metadata)),
    };
  }

  async #write({ record }: CachedObject, fence: Fence, decide: WriteRequest<'all'>['decide']): Promise<number> {
    const { resource, namespace, name } = record;
    const result: WriteResult = await this.#context.store.write({
      key: { resource, namespace, name },
      reads: 'all',
      decide,
      fence,
    });
    return result.revision;
  }

  #find(key: string): CachedObject | undefined {
    const [resource = '', namespace = '', name = ''] = key.split('/');
    return this.#context.reflector.cache(resource as ResourceName).get(namespace, name);
  }
}

/** Versions of a group show the same objects. */
function groupKind({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}
