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
import type { ControllerRevision, DaemonSet, StoredMeta } from '@everynode/objects';
import { canonicalJson, metadataText, timestamp } from '@everynode/objects';
import type { Decision, Fence, ObjectKey, Store, WriteResult } from '@everynode/store';

export const REVISIONS = 'controllerrevisions.apps';

/** Two templates have one hash. The count in the status is raised, and the pass repeated with another hash. */
export class HashCollisionError extends Error {
  override readonly name = 'HashCollisionError';
  readonly retryable = true;
}

/** What {@link syncCurrentRevision} found or made. `written` is 0 when everything was in place. */
export interface CurrentRevision {
  hash: string;
  history: History;
  written: number;
}

/**
 * Finds the revision that equals the template, makes it when there is none, and gives it the highest number when it is
 * an old one (a rollback). Throws {@link HashCollisionError}. Source: pkg/controller/daemon/update.go, constructHistory.
 */
export async function syncCurrentRevision(
  store: Store,
  daemonSet: DaemonSet,
  revisions: ControllerRevision[],
  fence: Fence,
  now: number,
): Promise<CurrentRevision> {
  const history = historyOf(daemonSet, revisions);
  const { current, next } = history;
  if (!current) {
    const hash = revisionHash(daemonSet);
    const { revision } = await create(store, daemonSet, hash, next.revision, fence, now);
    return { hash, history, written: revision };
  }
  const hash = hashOf(current);
  if (next.action !== 'renumber') return { hash, history, written: 0 };
  const { revision } = await store.write({
    key: keyOfRevision(daemonSet, current.metadata?.name ?? ''),
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

function create(
  store: Store,
  daemonSet: DaemonSet,
  hash: string,
  revision: number,
  fence: Fence,
  now: number,
): Promise<WriteResult> {
  const data = revisionData(daemonSet);
  const { name = '', namespace = '', annotations } = daemonSet.metadata ?? {};
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

export function keyOfRevision(daemonSet: DaemonSet, name: string): ObjectKey {
  return { resource: REVISIONS, namespace: daemonSet.metadata?.namespace ?? '', name };
}
