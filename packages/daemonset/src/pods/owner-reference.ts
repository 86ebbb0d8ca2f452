import type { DaemonSet, OwnerReference } from '@everynode/objects';
import { ownerReferenceTo as referenceTo } from '@everynode/workloads';

const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet' };

/** The reference by which the pods and revisions of a DaemonSet name it as their controller. */
export function ownerReferenceTo(daemonSet: Pick<DaemonSet, 'metadata'>): OwnerReference {
  return referenceTo(DAEMON_SET, daemonSet);
}
