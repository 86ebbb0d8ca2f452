import { hashOf, revisionHash } from '@everynode/daemonset';
import { type ControllerRevision, type Stored, timestamp } from '@everynode/objects';
import { type History, historyOf, REVISION_LABEL, revisionData } from '@everynode/workloads';
import { decideCollision } from '../workloads/decide-collision.js';
import { HashCollisionError } from '../workloads/new-object.js';
import {
  createRevision,
  type NewRevision,
  REVISIONS,
  renumberRevision,
  revisionsOf,
} from '../workloads/revision-store.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { dropDuplicates } from './revision-cleanup.js';

/**
 * Determines the current revision, and makes or renumbers it where that is due. Returns the last revision of the store
 * that it wrote, 0 when everything was in place.
 * @throws HashCollisionError after it has raised the collision count.
 */
export async function syncRevision(context: StepContext, pass: ReconcilePass): Promise<number> {
  const { state } = pass;
  if (!state.revisionsDue) return 0;
  const revisions = revisionsOf(context.reflector.cache(REVISIONS), state.uid);
  try {
    const { hash, history, written } = await syncCurrentRevision(context.store, pass, revisions);
    if (written > 0) return written;
    state.setCurrentHash(hash, pass.moment);
    state.revisionsDue = false;
    return await dropDuplicates(context.store, pass, history.duplicates);
  } catch (error) {
    // Duplicates are left: they are dropped by the next pass.
    state.revisionsDue = true;
    if (error instanceof HashCollisionError) await countCollision(context.store, pass);
    throw error;
  }
}

interface CurrentRevision {
  hash: string;
  history: History<Stored<ControllerRevision>>;
  /** 0 when the revision was in place. */
  written: number;
}

/**
 * Finds the revision that equals the template, makes it when there is none, and gives it the highest number when it is
 * an old one (a rollback). Source: pkg/controller/daemon/update.go, constructHistory.
 */
async function syncCurrentRevision(
  store: StepContext['store'],
  pass: ReconcilePass,
  revisions: Stored<ControllerRevision>[],
): Promise<CurrentRevision> {
  const { daemonSet, fence } = pass;
  const history = historyOf(daemonSet, revisions);
  const { current, next } = history;
  if (!current) {
    const hash = revisionHash(daemonSet);
    const { revision } = await createRevision(store, daemonSet, newRevision(pass, hash, next.revision), fence);
    return { hash, history, written: revision };
  }
  const hash = hashOf(current);
  if (next.action !== 'renumber') return { hash, history, written: 0 };
  const { revision } = await renumberRevision(store, daemonSet, current.metadata.name, next.revision, fence);
  return { hash, history, written: revision };
}

const newRevision = ({ daemonSet, now }: ReconcilePass, hash: string, revision: number): NewRevision => ({
  kind: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  hash,
  data: revisionData(daemonSet),
  revision,
  labels: { ...daemonSet.spec?.template.metadata?.labels, [REVISION_LABEL]: hash },
  at: timestamp(now),
});

async function countCollision(store: StepContext['store'], { daemonSet, cached, fence }: ReconcilePass): Promise<void> {
  const used = daemonSet.status?.collisionCount;
  await store.write({
    key: cached.record,
    reads: 'observed',
    fence,
    decide: (current) => decideCollision(current, cached.record.uid, used),
  });
}
