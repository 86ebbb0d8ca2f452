import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import { decideDeletion, type ResourceName, resourceByStorage } from '@everynode/objects';
import type { Current, Decision, Fence } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { decideFinalize, decideTerminating } from './decide-namespace.js';

/** Events are in no cache; they are read and deleted this many at a time. */
const EVENT_PAGE = 1000;

/** What the steps need of the scheduler. */
export interface NamespaceContext extends Pick<SchedulerContext, 'store' | 'reflector' | 'signal'> {
  /** The caches of everything that can be in a namespace. */
  contents: readonly ObjectCache[];
}

/** Deletes what is in the namespace, and the namespace itself once the caches show that nothing is left. */
export async function terminateNamespace(
  context: NamespaceContext,
  { record }: CachedObject,
  fence: Fence,
): Promise<void> {
  const { store, contents } = context;
  const { name, uid } = record;
  const key = { resource: 'namespaces', namespace: '', name } as const;
  const marked = await store.write({
    key,
    reads: 'observed',
    decide: (current) => decideTerminating(current, uid),
    fence,
  });
  const emptied = await emptyNamespace(context, name, fence);
  await caughtUp(context, Math.max(marked.revision, emptied));
  // An object with a grace period or finalizers queues the namespace again when it is gone.
  for (const cache of contents) for (const _left of cache.list(name)) return;
  // Last, because the deletion of other objects records events.
  await deleteEvents(context, name, fence);
  const finalized = await store.write({ key, reads: 'all', decide: (current) => decideFinalize(current, uid), fence });
  await caughtUp(context, finalized.revision);
}

/** Deletes everything in a namespace but its events. Returns the last revision of that, 0 for none. */
export async function emptyNamespace(
  { store, contents }: NamespaceContext,
  namespace: string,
  fence: Fence,
): Promise<number> {
  const objects = contents.flatMap((cache) => [...cache.list(namespace)]);
  const results = await Promise.all(
    objects
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ record: { resource, name, uid } }) =>
        store.write({
          key: { resource, namespace, name },
          reads: 'all',
          decide: (current) => decideContentDeletion(current, resource, uid, Date.now()),
          fence,
        }),
      ),
  );
  return Math.max(0, ...results.map(({ revision }) => revision));
}

async function deleteEvents({ store }: NamespaceContext, namespace: string, fence: Fence): Promise<void> {
  for (;;) {
    const names = await store.listNames('events', namespace, EVENT_PAGE);
    if (names.length === 0) return;
    await Promise.all(
      names.map((name) =>
        store.write({
          key: { resource: 'events', namespace, name },
          reads: 'head',
          decide: (current) => ({ kind: current ? 'delete' : 'keep' }),
          fence,
        }),
      ),
    );
  }
}

/** Deletes an object as a client would, in the background. */
function decideContentDeletion(
  current: Current<'all'> | undefined,
  resource: ResourceName,
  uid: string,
  now: number,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return decideDeletion(current, { propagationPolicy: 'Background' }, resourceByStorage(resource).deletion, now);
}
