import { timestamp } from '@everynode/objects';
import type { VirtualClock } from './virtual-clock.js';
import type { VirtualCluster } from './virtual-cluster.js';

/** Source: pkg/apis/core/v1/defaults.go. */
const DEFAULT_GRACE_SECONDS = 30;

/** Deletes a pod with its grace period; one that is on no node is gone at once. */
export function terminatePod(cluster: VirtualCluster, clock: VirtualClock, uid: string): void {
  const pod = cluster.pod(uid);
  if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
  if (pod.record.placement === null) {
    cluster.removePod(uid);
    return;
  }
  const seconds = pod.object.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  cluster.changePod(uid, 'metadata', (current) => ({
    ...current,
    metadata: {
      ...current.metadata,
      deletionTimestamp: timestamp(clock.wallTime() + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
    },
  }));
}
