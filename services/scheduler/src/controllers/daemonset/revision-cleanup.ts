import { hashOf } from '@everynode/daemonset';
import type { ControllerRevision, Stored } from '@everynode/objects';
import { type Current, type Decision, editMetadata } from '@everynode/store';
import { historyLimitOf, REVISION_LABEL, trimHistory } from '@everynode/workloads';
import { deleteRevisions, REVISIONS, revisionsOf } from '../workloads/revision-store.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

/**
 * Relabels the pods of revisions that equal the current one, then deletes those revisions. Returns the last revision of
 * the store that it wrote, 0 for none. Source: pkg/controller/daemon/update.go, dedupCurHistories.
 */
export async function dropDuplicates(
  store: StepContext['store'],
  { daemonSet, state, fence }: ReconcilePass,
  duplicates: readonly Stored<ControllerRevision>[],
): Promise<number> {
  if (duplicates.length === 0) return 0;
  const hashes = new Set(duplicates.map(hashOf));
  const stale = [...state.pods.all()].filter(({ metadata }) => hashes.has(metadata.labels?.[REVISION_LABEL] ?? ''));
  await Promise.all(
    stale.map(({ record }) =>
      store.write({
        key: { resource: 'pods', namespace: daemonSet.metadata.namespace, name: record.name },
        reads: 'all-but-desired',
        fence,
        decide: (current) => decideRelabel(current, record.uid, state.currentHash),
      }),
    ),
  );
  const names = duplicates.map(({ metadata }) => metadata.name);
  return await deleteRevisions(store, daemonSet, names, fence);
}

/** Puts a pod under the hash of another revision that has the same template. */
function decideRelabel(current: Current<'all-but-desired'> | undefined, uid: string, hash: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return editMetadata(current, (metadata) => ({
    ...metadata,
    labels: { ...metadata.labels, [REVISION_LABEL]: hash },
  }));
}

/** Deletes old revisions beyond the DaemonSet's limit, except those that a pod runs. */
export async function trimRevisions({ store, reflector }: StepContext, pass: ReconcilePass): Promise<void> {
  const { state, daemonSet, fence } = pass;
  const limit = historyLimitOf(daemonSet);
  const revisions = revisionsOf(reflector.cache(REVISIONS), state.uid);
  const old = revisions.filter((revision) => hashOf(revision) !== state.currentHash);
  // Most passes end here, without a look at the pods.
  if (old.length <= limit) return;
  const live = new Set<string>();
  for (const { metadata } of state.pods.all()) live.add(metadata.labels?.[REVISION_LABEL] ?? '');
  const candidates = old.map((revision) => ({
    name: revision.metadata.name,
    revision: revision.revision,
    hash: hashOf(revision),
  }));
  await deleteRevisions(store, daemonSet, trimHistory(candidates, limit, live), fence);
}
