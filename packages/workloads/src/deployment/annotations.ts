import type { Deployment } from '@everynode/objects';
import {
  DESIRED_ANNOTATION,
  type Draft,
  HISTORY_ANNOTATION,
  MAX_ANNOTATION,
  REVISION_ANNOTATION,
  revisionOf,
  wantedReplicas,
} from './draft.js';
import { maxReplicas } from './fenceposts.js';

/** Annotations of a Deployment that its ReplicaSets do not get. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  HISTORY_ANNOTATION,
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
  'deprecated.deployment.rollback.to',
]);

/** The longest text of former revisions. Source: deployment controller, maxRevHistoryLengthInChars. */
const HISTORY_LENGTH = 2000;

/** Records how many pods the Deployment asks for, and how many it may have: a later scaling starts from these. */
export function setSizeAnnotations(draft: Draft, deployment: Deployment): void {
  draft.annotations[DESIRED_ANNOTATION] = String(wantedReplicas(deployment));
  draft.annotations[MAX_ANNOTATION] = String(maxReplicas(deployment));
}

/**
 * Gives the newest ReplicaSet the annotations of its Deployment and the revision, if its own is lower. A ReplicaSet
 * that becomes the newest again keeps its former revisions. Source: deployment/util, SetNewReplicaSetAnnotations.
 */
export function setNewestAnnotations(draft: Draft, deployment: Deployment, revision: number): void {
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) draft.annotations[key] = value;
  }
  const former = draft.annotations[REVISION_ANNOTATION];
  if (revisionOf(draft) >= revision) return;
  draft.annotations[REVISION_ANNOTATION] = String(revision);
  if (former !== undefined) {
    draft.annotations[HISTORY_ANNOTATION] = withFormer(draft.annotations[HISTORY_ANNOTATION], former);
  }
}

/** The oldest revisions leave when the text gets too long. */
function withFormer(history: string | undefined, former: string): string {
  const revisions = history ? [...history.split(','), former] : [former];
  while (revisions.length > 1 && revisions.join(',').length > HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}
