import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import { decideDeletion, deletionRulesOf, type ResourceName } from '@everynode/objects';
import type { Current, Decision, Fence } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { decideConditions, decideFinalize, decideTerminating } from './decide-namespace.js';
import type { RemainingResource } from './namespace-conditions.js';

/** Events are in no cache; they are read and deleted this many at a time. */
const EVENT_PAGE = 1000;

/** What the steps need of the scheduler. */
export interface NamespaceContext extends Pick<SchedulerContext, 'store' | 'reflector' | 'signal'> {
  /** Returns the caches of everything that can be in a namespace: clients may define more at any time. */
  contents(): readonly ObjectCache[];
}

/** Deletes what is in the namespace, and the namespace itself once the caches show that nothing is left. */
export async function terminateNamespace(
  context: NamespaceContext,
  { record }: CachedObject,
  fence: Fence,
): Promise<void> {
  const { store } = context;
  const { name, uid } = record;
  const key = { resource: 'namespaces', namespace: '', name } as const;
  const marked = await store.write({
    key,
    reads: 'observed',
    decide: (current) => decideTerminating(current, uid),
    fence,
  });
  await caughtUp(context, marked.revision);
  // What pods use, and what protects them, stays until the last pod is gone (KEP-5080).
  let remaining = await emptied(context, context.contents().filter(isOfPods), name, fence);
  if (remaining.length === 0) remaining = await emptied(context, context.contents(), name, fence);
  const noted = await store.write({
    key,
    reads: 'observed',
    decide: (current) => decideConditions(current, uid, remaining, new Date().toISOString()),
    fence,
  });
  await caughtUp(context, noted.revision);
  // An object with a grace period or finalizers queues the namespace again when it is gone.
  if (remaining.length > 0) return;
  // Last, because the deletion of other objects records events.
  await deleteEvents(context, name, fence);
  const finalized = await store.write({ key, reads: 'all', decide: (current) => decideFinalize(current, uid), fence });
  await caughtUp(context, finalized.revision);
}

/** Deletes everything in a namespace but its events, as the caches have it. */
export async function emptyNamespace(context: NamespaceContext, namespace: string, fence: Fence): Promise<void> {
  await deleteContents(context, context.contents(), namespace, fence);
}

/** Deletes what some caches have of a namespace. Returns what is left when the caches show that. */
async function emptied(
  context: NamespaceContext,
  contents: readonly ObjectCache[],
  namespace: string,
  fence: Fence,
): Promise<readonly RemainingResource[]> {
  await caughtUp(context, await deleteContents(context, contents, namespace, fence));
  return contents.map((cache) => remainingOf(cache, namespace)).filter(({ instances }) => instances > 0);
}

function isOfPods({ resource }: ObjectCache): boolean {
  return resource === 'pods';
}

function remainingOf(cache: ObjectCache, namespace: string): RemainingResource {
  // Storage names are those of resources and their groups.
  const [plural = '', ...group] = cache.resource.split('.');
  const finalizers = new Map<string, number>();
  let instances = 0;
  for (const { metadata } of cache.list(namespace)) {
    instances += 1;
    for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  }
  return { resource: plural, group: group.join('.'), instances, finalizers };
}

/** Returns the last revision of the deletions, 0 for none. */
async function deleteContents(
  { store }: NamespaceContext,
  contents: readonly ObjectCache[],
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
  return decideDeletion(current, { propagationPolicy: 'Background' }, deletionRulesOf(resource), now);
}
