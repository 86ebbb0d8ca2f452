import { type PodSpec, type PodStatus, withPodScheduled } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { type Disruption, decideDisruption } from '../../pod-termination/terminate-pod.js';

interface StoredPod {
  desired: { spec: PodSpec };
  status: PodStatus;
  generation: number | undefined;
}

/**
 * Returns undefined for a pod that must not be placed: another pod by now, one that is being deleted, or one that has a
 * node.
 */
function placeable(current: Current<'all'> | undefined, uid: string): StoredPod | undefined {
  if (current?.uid !== uid || current.deleting) return undefined;
  const desired = JSON.parse(current.desired) as StoredPod['desired'];
  if (desired.spec.nodeName) return undefined;
  const { generation } = JSON.parse(current.metadata) as { generation?: number };
  return { desired, status: JSON.parse(current.observed ?? '{}') as PodStatus, generation };
}

/** Binds the pod to the node, unless it has one. `now` as the API writes times. */
export function decideBinding(current: Current<'all'> | undefined, uid: string, node: string, now: string): Decision {
  const pod = placeable(current, uid);
  if (!pod) return { kind: 'keep' };
  const desired = JSON.stringify({ ...pod.desired, spec: { ...pod.desired.spec, nodeName: node } });
  const conditions = withPodScheduled(pod.status.conditions, { status: 'True' }, now);
  const observed = JSON.stringify({ ...pod.status, conditions });
  return { kind: 'update', parts: { desired, observed }, placement: node };
}

/**
 * Records in the status why the pod has no node, and which node is kept for it until its victims have left. Keeps the
 * pod when the status has that already. `now` as the API writes times.
 */
export function decideNomination(
  current: Current<'all'> | undefined,
  uid: string,
  message: string,
  nominated: string | undefined,
  now: string,
): Decision {
  const pod = placeable(current, uid);
  if (!pod) return { kind: 'keep' };
  const { generation } = pod;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const unschedulable = { ...observed, status: 'False', reason: 'Unschedulable', message };
  const conditions = withPodScheduled(pod.status.conditions, unschedulable, now);
  const status = JSON.stringify({
    ...pod.status,
    conditions,
    ...(nominated !== undefined && { nominatedNodeName: nominated }),
  });
  return status === current?.observed ? { kind: 'keep' } : { kind: 'update', parts: { observed: status } };
}

const PREEMPTION: Disruption = {
  reason: 'PreemptionByScheduler',
  message: 'default-scheduler: preempting to accommodate a higher priority pod',
};

/**
 * Deletes a pod for one of higher priority, with its grace period. `now` in ms. Source: scheduler framework,
 * preemption.
 */
export function decidePreemption(current: Current<'all'> | undefined, uid: string, now: number): Decision {
  return decideDisruption(current, uid, PREEMPTION, now);
}
