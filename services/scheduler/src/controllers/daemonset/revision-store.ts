import type { ObjectCache } from '@everynode/list-watch';
import type { ControllerRevision, DaemonSet, Stored } from '@everynode/objects';
import type { Fence, ObjectKey, Store } from '@everynode/store';

export const REVISIONS = 'controllerrevisions.apps';

export function keyOfRevision(daemonSet: Stored<DaemonSet>, name: string): ObjectKey {
  return { resource: REVISIONS, namespace: daemonSet.metadata.namespace, name };
}

/** Returns the revisions that refer to the DaemonSet of this uid. */
export function revisionsOf(
  revisions: ObjectCache<Stored<ControllerRevision>>,
  uid: string,
): Stored<ControllerRevision>[] {
  return Array.from(revisions.find('byOwner', uid), ({ object }) => object);
}

/** Deletes revisions by name. Returns the last revision number of the store that this took, 0 for none. */
export async function deleteRevisions(
  store: Pick<Store, 'write'>,
  daemonSet: Stored<DaemonSet>,
  names: readonly string[],
  fence: Fence,
): Promise<number> {
  const results = await Promise.all(
    names.map((name) =>
      store.write({
        key: keyOfRevision(daemonSet, name),
        reads: 'head',
        fence,
        decide: (current) => ({ kind: current ? 'delete' : 'keep' }),
      }),
    ),
  );
  return Math.max(0, ...results.map((result) => result.revision));
}
