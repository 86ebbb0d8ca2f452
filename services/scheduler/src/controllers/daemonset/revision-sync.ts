import { randomUUID } from 'node:crypto';
import {
  type History,
  hashOf,
  historyOf,
  ownerReferenceTo,
  REVISION_LABEL,
  revisionData,
  revisionHash,
} from '@everynode/daemonset';
import {
  type ControllerRevision,
  canonicalJson,
  type DaemonSetStatus,
  metadataText,
  type Stored,
  type StoredMeta,
  timestamp,
} from '@everynode/objects';
import type { Decision, WriteResult } from '@everynode/store';
import { HashCollisionError } from '../workloads/new-object.js';
import { decideStatus } from './decide-status.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { dropDuplicates } from './revision-cleanup.js';
import { keyOfRevision, REVISIONS, revisionsOf } from './revision-store.js';

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
    const { revision } = await createRevision(store, pass, hash, next.revision);
    return { hash, history, written: revision };
  }
  const hash = hashOf(current);
  if (next.action !== 'renumber') return { hash, history, written: 0 };
  const { revision } = await store.write({
    key: keyOfRevision(daemonSet, current.metadata.name),
    reads: 'all',
    fence,
    decide: (stored): Decision => {
      if (!stored) return { kind: 'keep' };
      const { data } = JSON.parse(stored.desired) as { data: unknown };
      return { kind: 'update', parts: { desired: desiredText(data, next.revision) } };
    },
  });
  return { hash, history, written: revision };
}

function createRevision(
  store: StepContext['store'],
  { daemonSet, fence, now }: ReconcilePass,
  hash: string,
  revision: number,
): Promise<WriteResult> {
  const data = revisionData(daemonSet);
  const { name, namespace, annotations } = daemonSet.metadata;
  const metadata: StoredMeta = {
    name: `${name}-${hash}`,
    namespace,
    uid: randomUUID(),
    creationTimestamp: timestamp(now),
    labels: { ...daemonSet.spec?.template.metadata?.labels, [REVISION_LABEL]: hash },
    ...(annotations && { annotations }),
    ownerReferences: [ownerReferenceTo(daemonSet)],
  };
  return store.write({
    key: keyOfRevision(daemonSet, metadata.name),
    reads: 'all',
    fence,
    decide: (current): Decision => {
      if (!current) {
        const parts = { metadata: metadataText(metadata), desired: desiredText(data, revision), observed: null };
        return { kind: 'create', uid: metadata.uid, parts, placement: null };
      }
      const stored = JSON.parse(current.desired) as { data: unknown };
      if (canonicalJson(stored.data) === canonicalJson(data)) return { kind: 'keep' };
      throw new HashCollisionError(metadata.name);
    },
  });
}

/** Clients compare `data` byte for byte, so its text is made here and stored as it is. */
function desiredText(data: unknown, revision: number): string {
  return `{"data":${canonicalJson(data)},"revision":${revision}}`;
}

async function countCollision(store: StepContext['store'], { daemonSet, cached, fence }: ReconcilePass): Promise<void> {
  const used = daemonSet.status?.collisionCount ?? 0;
  await store.write({
    key: cached.record,
    reads: 'observed',
    fence,
    decide: (current) =>
      decideStatus(current, cached.record.uid, (stored) => ({
        ...(stored as DaemonSetStatus),
        collisionCount: Math.max(stored?.collisionCount ?? 0, used + 1),
      })),
  });
}
