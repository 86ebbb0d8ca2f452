import { timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { PodCondition, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import { decideTermination } from '../daemonset/terminate-pod.js';

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

/** Says why the pod has no node, and which one it is to have when others have left it; nothing where that stands there already. */
export function decideNomination(
  current: Current | undefined,
  uid: string,
  message: string,
  nominated: string | undefined,
  now: string,
): Decision {
  const pod = placeable(current, uid);
  if (!pod) return { kind: 'keep' };
  const status = withScheduled(pod.status, { status: 'False', reason: 'Unschedulable', message }, now);
  const observed = JSON.stringify({ ...status, ...(nominated !== undefined && { nominatedNodeName: nominated }) });
  return observed === current?.observed ? { kind: 'keep' } : { kind: 'update', parts: { observed } };
}

/** Ends a pod for one of higher priority, with its grace period. `now` in ms. Source: scheduler framework, preemption. */
export function decidePreemption(current: Current | undefined, uid: string, now: number): Decision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as PodStatus;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now),
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  };
  const observed = JSON.stringify({ ...status, conditions: [...(status.conditions ?? []), condition] });
  const decision = decideTermination({ ...current, observed }, uid, now);
  return decision.kind === 'update' ? { ...decision, parts: { observed, ...decision.parts } } : decision;
}
