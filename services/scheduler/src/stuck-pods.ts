import type { CachedObject } from '@everynode/list-watch';
import type { Pod, Stored } from '@everynode/objects';

/** How long the pods that wait longest wait for an agent, in seconds; 0 when none waits. */
interface StuckPods {
  /** It has a node since it was created, and no agent has accepted it. */
  unaccepted: number;
  /** Its grace period is over, and no agent has reported its end. */
  terminating: number;
}

type SeenPod = Pick<CachedObject<Stored<Pod>>, 'metadata' | 'record' | 'status'>;

/** Finds the pods that wait longest. `now` is ms since the epoch. Pure. */
export function stuckPods(pods: Iterable<SeenPod>, now: number): StuckPods {
  const stuck: StuckPods = { unaccepted: 0, terminating: 0 };
  for (const { metadata, record, status } of pods) {
    const { creationTimestamp, deletionTimestamp } = metadata;
    // The time of a deletion is the end of its grace period.
    if (deletionTimestamp !== undefined) stuck.terminating = Math.max(stuck.terminating, age(deletionTimestamp, now));
    else if (record.placement !== null && isUnaccepted(status)) {
      stuck.unaccepted = Math.max(stuck.unaccepted, age(creationTimestamp, now));
    }
  }
  return stuck;
}

/** An agent, as a kubelet, sets the time at which it has accepted the pod. */
const isUnaccepted = (status: Pod['status']): boolean =>
  (status?.phase ?? 'Pending') === 'Pending' && status?.startTime == null;

const age = (timestamp: string, now: number): number => (now - Date.parse(timestamp)) / 1000;
