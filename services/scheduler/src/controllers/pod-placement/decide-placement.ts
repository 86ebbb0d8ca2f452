import type { Current, Decision } from '@everynode/store';
import type { PodCondition, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';

type Scheduled = Omit<PodCondition, 'type' | 'lastTransitionTime'>;

interface StoredPod {
  desired: { spec: PodSpec };
  status: PodStatus;
}

/** Undefined when it is not for us to place: another pod by now, one that goes, or one that has its node. */
function placeable(current: Current | undefined, uid: string): StoredPod | undefined {
  if (current?.uid !== uid || current.deleting || current.desired === undefined) return undefined;
  const desired = JSON.parse(current.desired) as StoredPod['desired'];
  if (desired.spec.nodeName) return undefined;
  return { desired, status: JSON.parse(current.observed ?? '{}') as PodStatus };
}

function withScheduled(status: PodStatus, scheduled: Scheduled, now: string): PodStatus {
  const before = status.conditions?.find(({ type }) => type === 'PodScheduled');
  const others = status.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  const since = before?.status === scheduled.status ? before.lastTransitionTime : now;
  const condition = { type: 'PodScheduled', lastProbeTime: null, lastTransitionTime: since, ...scheduled };
  return { ...status, conditions: [...others, condition as PodCondition] };
}

/** Binds the pod to the node, unless it has one. `now` as the API writes times. */
export function decideBinding(current: Current | undefined, uid: string, node: string, now: string): Decision {
  const pod = placeable(current, uid);
  if (!pod) return { kind: 'keep' };
  const desired = JSON.stringify({ ...pod.desired, spec: { ...pod.desired.spec, nodeName: node } });
  const observed = JSON.stringify(withScheduled(pod.status, { status: 'True' }, now));
  return { kind: 'update', parts: { desired, observed }, placement: node };
}

/** Says why the pod has no node; nothing where that stands there already. */
export function decideUnschedulable(current: Current | undefined, uid: string, message: string, now: string): Decision {
  const pod = placeable(current, uid);
  if (!pod) return { kind: 'keep' };
  const observed = JSON.stringify(
    withScheduled(pod.status, { status: 'False', reason: 'Unschedulable', message }, now),
  );
  return observed === current?.observed ? { kind: 'keep' } : { kind: 'update', parts: { observed } };
}
