import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { RolloutLedger } from './rollout-ledger.js';
import { CANARY_ANNOTATION, RESTARTS_ANNOTATION, type RolloutLimits } from './rollout-limits.js';

/** `"true"`: no more updates; pods that are missing are still created, and those that must not stay still go. */
export const PAUSED_ANNOTATION = 'everynode.io/paused';
/** `"true"`: nothing is created and nothing deleted; the status is still told. */
export const FROZEN_ANNOTATION = 'everynode.io/frozen';
/** Hash of the last revision that every node had and was available with. Written by the controller, where rollbacks are asked for. */
export const GOOD_REVISION_ANNOTATION = 'everynode.io/last-good-revision';
/**
 * Hash of the revision that was rolled back. Written by the controller; while it stands, that revision is not rolled out again,
 * so a pipeline that applies the same manifest over and over does no harm.
 */
export const FAILED_REVISION_ANNOTATION = 'everynode.io/failed-revision';

export type RolloutPolicy = 'run' | 'paused' | 'frozen';

/** What the owner of a DaemonSet lets the controller do. Without these annotations it is as upstream. */
export function rolloutPolicyOf({ metadata }: Pick<DaemonSet, 'metadata'>, currentHash: string): RolloutPolicy {
  const annotations = metadata?.annotations;
  if (!annotations) return 'run';
  if (annotations[FROZEN_ANNOTATION] === 'true') return 'frozen';
  const failed = currentHash !== '' && annotations[FAILED_REVISION_ANNOTATION] === currentHash;
  return failed || annotations[PAUSED_ANNOTATION] === 'true' ? 'paused' : 'run';
}

/** What holds updates, or everything, and why. */
export interface RolloutHold {
  reason: 'Paused' | 'Frozen' | 'Restarts' | 'Canary' | 'RevisionFailed';
  because: string;
}

/** Undefined when nothing is held; canaries hold only while some node has the old revision. */
export function holdOf(
  daemonSet: DaemonSet,
  ledger: RolloutLedger,
  limits: RolloutLimits,
  currentHash: string,
): RolloutHold | undefined {
  const annotations = daemonSet.metadata?.annotations ?? {};
  if (annotations[FROZEN_ANNOTATION] === 'true') {
    return { reason: 'Frozen', because: `${FROZEN_ANNOTATION} holds everything` };
  }
  if (annotations[PAUSED_ANNOTATION] === 'true') {
    return { reason: 'Paused', because: `${PAUSED_ANNOTATION} holds updates` };
  }
  if (ledger.old === 0) return undefined;
  if (rolloutPolicyOf(daemonSet, currentHash) === 'paused') {
    const because = `${FAILED_REVISION_ANNOTATION} holds updates: revision ${currentHash} was rolled back before`;
    return { reason: 'RevisionFailed', because };
  }
  if (ledger.stoppedByRestarts(limits)) {
    const because = `${RESTARTS_ANNOTATION} holds updates after ${ledger.restarts} restarts of the newest revision`;
    return { reason: 'Restarts', because };
  }
  return ledger.holdsForCanary(limits)
    ? { reason: 'Canary', because: `${CANARY_ANNOTATION} holds updates of other nodes` }
    : undefined;
}
