import { type ControllerRevision, type StatefulSet, type Stored, timestamp } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import {
  historyLimitOf,
  historyOf,
  revisionData,
  revisionOf,
  type TemplateRevision,
  templateHash,
  templateOf,
  trimHistory,
} from '@everynode/workloads';
import type { SchedulerContext } from '../../scheduler-context.js';
import { decideCollision } from '../workloads/decide-collision.js';
import { HashCollisionError } from '../workloads/new-object.js';
import { createRevision, deleteRevisions, renumberRevision } from '../workloads/revision-store.js';

const KIND = { apiVersion: 'apps/v1', kind: 'StatefulSet' };
const HASH_LABEL = 'controller.kubernetes.io/hash';

type Store = Pick<SchedulerContext['store'], 'write'>;
type Revision = Stored<ControllerRevision>;

/** The revisions that a pass works with; or what it wrote, so that the next pass finds them. */
export type SyncedRevisions = { current: TemplateRevision; update: TemplateRevision } | { written: number };

/**
 * Finds the revision of the template and the one that the pods are moved from. It makes the first where there is none,
 * and gives it the highest number when it is an old one.
 * @throws HashCollisionError after it has raised the collision count.
 * Source: stateful_set_control.go, getStatefulSetRevisions.
 */
export async function syncRevisions(
  store: Store,
  set: Stored<StatefulSet>,
  revisions: readonly Revision[],
  now: number,
  fence: Fence,
): Promise<SyncedRevisions> {
  const { current: update, next } = historyOf(set, revisions);
  if (!update) return { written: await create(store, set, next.revision, now, fence) };
  if (next.action === 'renumber') {
    const { revision } = await renumberRevision(store, set, update.metadata.name, next.revision, fence);
    return { written: revision };
  }
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { current: templateRevision(current), update: templateRevision(update) };
}

const templateRevision = (revision: Revision): TemplateRevision => ({
  name: revision.metadata.name,
  template: templateOf(revision),
});

async function create(
  store: Store,
  set: Stored<StatefulSet>,
  number: number,
  now: number,
  fence: Fence,
): Promise<number> {
  const hash = templateHash(set.spec?.template, set.status?.collisionCount);
  const labels = { ...set.spec?.template.metadata?.labels, [HASH_LABEL]: hash };
  const made = { kind: KIND, hash, data: revisionData(set), revision: number, labels, at: timestamp(now) };
  try {
    const { revision } = await createRevision(store, set, made, fence);
    return revision;
  } catch (error) {
    if (error instanceof HashCollisionError) await countCollision(store, set, fence);
    throw error;
  }
}

async function countCollision(store: Store, { metadata, status }: Stored<StatefulSet>, fence: Fence): Promise<void> {
  const { namespace, name, uid } = metadata;
  await store.write({
    key: { resource: 'statefulsets.apps', namespace, name },
    reads: 'observed',
    fence,
    decide: (current) => decideCollision(current, uid, status?.collisionCount),
  });
}

/**
 * Deletes revisions beyond the limit. Those of the status and of pods do not count.
 * Source: stateful_set_control.go, truncateHistory.
 */
export async function trimRevisions(
  store: Store,
  set: Stored<StatefulSet>,
  revisions: readonly Revision[],
  pods: readonly { metadata: { labels?: Record<string, string> } }[],
  { current, update }: { current: TemplateRevision; update: TemplateRevision },
  fence: Fence,
): Promise<number> {
  const limit = historyLimitOf(set);
  if (revisions.length <= limit) return 0;
  const live = new Set([current.name, update.name, ...pods.map(revisionOf)]);
  const old = revisions
    .filter(({ metadata }) => !live.has(metadata.name))
    .map(({ metadata, revision }) => ({ name: metadata.name, hash: metadata.name, revision }));
  return await deleteRevisions(store, set, trimHistory(old, limit, new Set()), fence);
}
