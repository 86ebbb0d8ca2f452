import type { CachedObject } from '@everynode/list-watch';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '@everynode/objects';
import type { Fence, WriteRequest } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { decideCollection, decideFinalizerRemoval, decideForcedDeletion, decideRelease } from './decide-collection.js';
import type { OwnerGraph } from './owner-graph.js';
import { actionFor, blocks, isDeletingDependents, isOrphaningDependents } from './owner-references.js';

/** What the steps need of the scheduler, and the graph. */
export interface StepContext extends Pick<SchedulerContext, 'store' | 'reflector' | 'signal'> {
  graph: OwnerGraph;
}

/** Does what is due for one object. Returns the last revision it wrote, 0 for none. */
export function collectObject(context: StepContext, object: CachedObject, fence: Fence): Promise<number> {
  const { metadata, record } = object;
  if (context.graph.isOnMissingNode(object) || context.graph.isLeftInDeletion(object)) {
    return write(context, object, fence, (current) => decideForcedDeletion(current, record.uid, Date.now()));
  }
  if (isOrphaningDependents(metadata)) return orphanDependents(context, object, fence);
  if (isDeletingDependents(metadata)) return finishForeground(context, object, fence);
  return attemptToDelete(context, object, fence);
}

/**
 * Removes the object from its dependents, then its finalizer.
 * @throws Error when some dependents still refer to it: they have changed meanwhile, or new ones have come.
 */
async function orphanDependents(context: StepContext, owner: CachedObject, fence: Fence): Promise<number> {
  const { uid } = owner.record;
  const released = await Promise.all(
    Array.from(context.graph.dependentsOf(uid), (dependent) =>
      write(context, dependent, fence, (current) => decideRelease(current, dependent.record, [uid])),
    ),
  );
  await caughtUp(context, Math.max(0, ...released));
  if (context.graph.describeDependents(uid).any) throw new Error('some dependents still have their reference');
  return await write(context, owner, fence, (current) => decideFinalizerRemoval(current, uid, ORPHAN_FINALIZER));
}

async function finishForeground(context: StepContext, owner: CachedObject, fence: Fence): Promise<number> {
  const { uid } = owner.record;
  for (const { metadata } of context.graph.dependentsOf(uid)) {
    // The last of them to go queues the owner again.
    if (blocks(metadata, uid)) return 0;
  }
  return await write(context, owner, fence, (current) => decideFinalizerRemoval(current, uid, FOREGROUND_FINALIZER));
}

async function attemptToDelete(context: StepContext, object: CachedObject, fence: Fence): Promise<number> {
  const { record, metadata } = object;
  const action = actionFor(
    metadata,
    (reference) => context.graph.stateOf(object, reference),
    () => context.graph.describeDependents(record.uid),
  );
  switch (action.kind) {
    case 'keep':
      return 0;
    case 'dropReferences':
      return await write(context, object, fence, (current) => decideRelease(current, record, action.uids));
    case 'delete':
      return await write(context, object, fence, (current) =>
        decideCollection(current, record.resource, record, action, Date.now()),
      );
  }
}

async function write(
  { store }: StepContext,
  { record }: CachedObject,
  fence: Fence,
  decide: WriteRequest<'all'>['decide'],
): Promise<number> {
  const { resource, namespace, name } = record;
  const { revision } = await store.write({ key: { resource, namespace, name }, reads: 'all', decide, fence });
  return revision;
}
