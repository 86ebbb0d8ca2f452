import type { DaemonSet, DaemonSetCondition, DaemonSetStatus } from 'kubernetes-types/apps/v1.js';
import type { RolloutLedger } from './rollout-ledger.js';
import { CANARY_ANNOTATION, RESTARTS_ANNOTATION, type RolloutLimits } from './rollout-limits.js';

/** `"true"`: no more updates; pods that are missing are still created, and those that must not stay still go. */
export const PAUSED_ANNOTATION = 'everynode.io/paused';
/** `"true"`: nothing is created and nothing deleted; the status is still told. */
export const FROZEN_ANNOTATION = 'everynode.io/frozen';
const CONDITION = 'Paused';

export type RolloutPolicy = 'run' | 'paused' | 'frozen';

/** What the owner of a DaemonSet lets the controller do. Without these annotations it is as upstream. */
export function rolloutPolicyOf({ metadata }: Pick<DaemonSet, 'metadata'>): RolloutPolicy {
  const annotations = metadata?.annotations ?? {};
  if (annotations[FROZEN_ANNOTATION] === 'true') return 'frozen';
  return annotations[PAUSED_ANNOTATION] === 'true' ? 'paused' : 'run';
}

/** What holds updates, or everything, and why. */
export interface RolloutHold {
  reason: 'Paused' | 'Frozen' | 'Restarts' | 'Canary';
  because: string;
}

/** Undefined when nothing is held; canaries hold only while some node has the old revision. */
export function holdOf(daemonSet: DaemonSet, ledger: RolloutLedger, limits: RolloutLimits): RolloutHold | undefined {
  const policy = rolloutPolicyOf(daemonSet);
  if (policy === 'frozen') return { reason: 'Frozen', because: `${FROZEN_ANNOTATION} holds everything` };
  if (policy === 'paused') return { reason: 'Paused', because: `${PAUSED_ANNOTATION} holds updates` };
  if (ledger.old === 0) return undefined;
  if (ledger.stoppedByRestarts(limits)) {
    const because = `${RESTARTS_ANNOTATION} holds updates after ${ledger.restarts} restarts of the newest revision`;
    return { reason: 'Restarts', because };
  }
  return ledger.holdsForCanary(limits)
    ? { reason: 'Canary', because: `${CANARY_ANNOTATION} holds updates of other nodes` }
    : undefined;
}

/** The conditions of the status, with one that says that the DaemonSet is held, where it is. `now` as the API writes times. */
export function conditionsFor(
  hold: RolloutHold | undefined,
  stored: readonly DaemonSetCondition[] | undefined,
  { updatedNumberScheduled = 0, desiredNumberScheduled }: DaemonSetStatus,
  now: string,
): DaemonSetCondition[] | undefined {
  const before = stored?.find(({ type }) => type === CONDITION);
  const others = stored?.filter(({ type }) => type !== CONDITION) ?? [];
  if (!hold) return before ? (others.length > 0 ? others : undefined) : stored && [...stored];
  const progress = `${updatedNumberScheduled} of ${desiredNumberScheduled} nodes have the newest revision`;
  const condition = { type: CONDITION, status: 'True', reason: hold.reason, message: `${hold.because}; ${progress}` };
  const since = before?.status === condition.status ? before.lastTransitionTime : now;
  return [...others, { ...condition, lastTransitionTime: since as never }];
}
