import { chooseVictims, type Preemption } from '@everynode/daemonset';
import type { Pod } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { podSubject } from '../../events/event-subject.js';
import { SCHEDULER_COMPONENT } from '../../events/scheduled-event.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { decidePreemption } from './decide-placement.js';
import { occupiedNodes, type Unplaced } from './find-node.js';
import { type CachedPod, specOf } from './unplaced-pod.js';
import { writePod } from './write-pod.js';

/**
 * Returns the pods that have to leave a node for this one. Undefined when that does not help, and while victims of an
 * earlier round are still being stopped. Source: preemption, PodEligibleToPreemptOthers.
 */
export function findVictims(
  context: SchedulerContext,
  pod: CachedPod,
  { target, hold, peers }: Unplaced,
): Preemption | undefined {
  // No end of another pod brings what is not there.
  if (hold !== undefined) return undefined;
  const spec = specOf(pod);
  const nominatedNodeName = pod.status?.nominatedNodeName;
  const priority = spec.priority ?? 0;
  const isLeaving = ({ metadata, spec: theirs }: Pod): boolean =>
    metadata?.deletionTimestamp !== undefined && (theirs?.priority ?? 0) < priority;
  if (nominatedNodeName && context.capacity.podsOn(nominatedNodeName).some(isLeaving)) return undefined;
  const budgets = Array.from(context.reflector.cache('poddisruptionbudgets.policy').list(), ({ object }) => object);
  return chooseVictims(spec, occupiedNodes(context, pod, target), budgets, peers);
}

/** Ends the victims, one after the other. */
export async function preempt(
  context: SchedulerContext,
  pod: CachedPod,
  { node, victims }: Preemption,
  fence: Fence,
): Promise<void> {
  const pods = context.reflector.cache('pods');
  for (const { metadata } of victims) {
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    const victim = pods.get(namespace, name);
    if (!victim) continue;
    const outcome = await writePod(context, victim, fence, (current) => decidePreemption(current, uid, Date.now()));
    if (outcome === 'kept') continue;
    context.recorder.record({
      subject: podSubject(victim.record),
      type: 'Normal',
      reason: 'Preempted',
      message: `Preempted by pod ${pod.record.uid} on node ${node}`,
      component: SCHEDULER_COMPONENT,
    });
  }
}
