import { timestamp } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { podSubject } from '../../events/event-subject.js';
import { SCHEDULER_COMPONENT, scheduledEvent } from '../../events/scheduled-event.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { decideBinding, decideNomination } from './decide-placement.js';
import { type Unplaced, unplacedMessage } from './find-node.js';
import { findVictims, preempt } from './preempt.js';
import { type CachedPod, specOf } from './unplaced-pod.js';
import { writePod } from './write-pod.js';

/** Binds a pod to a node. Its capacity is reserved until the caches show it. */
export async function bindPod(context: SchedulerContext, pod: CachedPod, node: string, fence: Fence): Promise<void> {
  const { capacity, recorder } = context;
  const { uid } = pod.record;
  capacity.reserve(node, uid, specOf(pod));
  try {
    const now = timestamp(Date.now());
    const outcome = await writePod(context, pod, fence, (current) => decideBinding(current, uid, node, now));
    if (outcome !== 'kept') recorder.record(scheduledEvent(pod.record, node));
  } finally {
    capacity.release(uid);
  }
}

/** Shows on a pod why it fits nowhere, and makes pods of lower priority leave a node where that helps. */
export async function holdBack(
  context: SchedulerContext,
  pod: CachedPod,
  unplaced: Unplaced,
  fence: Fence,
): Promise<void> {
  const { uid } = pod.record;
  const message = unplacedMessage(unplaced);
  const preemption = findVictims(context, pod, unplaced);
  const nominated = preemption?.node;
  if (nominated !== undefined) context.capacity.nominate(nominated, uid, specOf(pod));
  const now = timestamp(Date.now());
  const outcome = await writePod(context, pod, fence, (current) =>
    decideNomination(current, uid, message, nominated, now),
  );
  if (outcome !== 'kept') {
    const subject = podSubject(pod.record);
    const component = SCHEDULER_COMPONENT;
    context.recorder.record({ subject, type: 'Warning', reason: 'FailedScheduling', message, component });
  }
  if (preemption) await preempt(context, pod, preemption, fence);
}
