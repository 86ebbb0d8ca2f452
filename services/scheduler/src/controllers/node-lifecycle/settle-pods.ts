import type { CachedObject } from '@everynode/list-watch';
import type { Pod, Stored } from '@everynode/objects';
import type { Fence, WriteResult } from '@everynode/store';
import { withNodeReadiness } from '@everynode/workloads';
import { podSubject } from '../../events/event-subject.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { type ActiveTaint, decideEviction, evictionTime } from './eviction.js';
import { decidePodReadiness } from './pod-readiness.js';
import { NODE_COMPONENT } from './settle-node.js';
import { ageOf } from './taint-times.js';

const EVICTION_COMPONENT = 'taint-eviction-controller';

type CachedPod = CachedObject<Stored<Pod>>;
type StepContext = Pick<SchedulerContext, 'store' | 'recorder'>;

/** A node as its pods are settled by it. */
export interface NodeView {
  /** Undefined for a node whose readiness was never reported: the readiness of its pods stays as it is. */
  isReady: boolean | undefined;
  taints: readonly ActiveTaint[];
  pods: Iterable<CachedPod>;
}

/**
 * Evicts the pods that do not tolerate the node's taints any longer, and brings the readiness of the others in step
 * with the node's. Returns the writes under way, and when the next pod has to leave (ms on the monotonic clock).
 */
export function settlePods(
  context: StepContext,
  { isReady, taints, pods }: NodeView,
  fence: Fence,
): { writes: Promise<WriteResult>[]; nextMs: number | undefined } {
  const writes: Promise<WriteResult>[] = [];
  const now = performance.now();
  let nextMs: number | undefined;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const leaveMs =
      taints.length > 0 ? evictionTime(taints, pod.desired.spec?.tolerations ?? [], startOf(pod, now)) : undefined;
    if (leaveMs !== undefined && leaveMs <= now) {
      writes.push(evict(context, pod, fence));
      continue;
    }
    if (leaveMs !== undefined) nextMs = Math.min(nextMs ?? leaveMs, leaveMs);
    if (isReady !== undefined && needsReadiness(pod, isReady)) writes.push(setReadiness(context, pod, isReady, fence));
  }
  return { writes, nextMs };
}

/** From when a pod's tolerations count at the earliest. `now` and the result are in ms on the monotonic clock. */
function startOf(pod: CachedPod, now: number): number {
  return now - ageOf(pod.metadata.creationTimestamp);
}

function needsReadiness(pod: CachedPod, isNodeReady: boolean): boolean {
  return withNodeReadiness(pod.status ?? {}, pod.desired.spec?.readinessGates, isNodeReady, '') !== undefined;
}

async function setReadiness(
  { store, recorder }: StepContext,
  pod: CachedPod,
  isNodeReady: boolean,
  fence: Fence,
): Promise<WriteResult> {
  const { namespace, name, uid } = pod.record;
  const gates = pod.desired.spec?.readinessGates;
  const result = await store.write({
    key: { resource: 'pods', namespace, name },
    reads: 'observed',
    decide: (current) => decidePodReadiness(current, uid, gates, isNodeReady, Date.now()),
    fence,
  });
  if (result.outcome === 'updated' && !isNodeReady) {
    recorder.record({
      subject: podSubject(pod.record),
      type: 'Warning',
      reason: 'NodeNotReady',
      message: 'Node is not ready',
      component: NODE_COMPONENT,
    });
  }
  return result;
}

async function evict({ store, recorder }: StepContext, pod: CachedPod, fence: Fence): Promise<WriteResult> {
  const { namespace, name, uid } = pod.record;
  const result = await store.write({
    key: { resource: 'pods', namespace, name },
    reads: 'all',
    decide: (current) => decideEviction(current, uid, Date.now()),
    fence,
  });
  if (result.outcome !== 'kept') {
    recorder.record({
      subject: podSubject(pod.record),
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message: `Marking for deletion Pod ${namespace}/${name}`,
      component: EVICTION_COMPONENT,
    });
  }
  return result;
}
