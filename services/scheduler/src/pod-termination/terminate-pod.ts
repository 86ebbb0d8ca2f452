import {
  type DeletionDecision,
  decideDeletion,
  type PodCondition,
  type PodStatus,
  resourceByStorage,
  timestamp,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/**
 * Deletes a pod with the grace period of its spec, unless it is another pod by now or is being deleted already. `now`
 * is ms since the epoch.
 */
export function decideTermination(current: Current<'all'> | undefined, uid: string, now: number): DeletionDecision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  return decideDeletion(current, {}, resourceByStorage('pods').deletion, now);
}

/** The reason and message of a deletion that the pod's owner did not ask for. */
export type Disruption = Pick<PodCondition, 'reason' | 'message'>;

/** Deletes a pod as {@link decideTermination} does, and records in its status why. `now` is ms since the epoch. */
export function decideDisruption(
  current: Current<'all'> | undefined,
  uid: string,
  disruption: Disruption,
  now: number,
): Decision {
  const decision = decideTermination(current, uid, now);
  if (decision.kind === 'keep') return decision;
  const status = JSON.parse(current?.observed ?? '{}') as PodStatus;
  const others = status.conditions?.filter(({ type }) => type !== 'DisruptionTarget') ?? [];
  const { generation } = JSON.parse(current?.metadata ?? '{}') as { generation?: number };
  const seen = generation === undefined ? {} : { observedGeneration: generation };
  const told = { type: 'DisruptionTarget', ...seen, status: 'True', ...disruption, lastTransitionTime: timestamp(now) };
  const observed = JSON.stringify({ ...status, conditions: [...others, told] });
  return { ...decision, parts: { ...decision.parts, observed } };
}
