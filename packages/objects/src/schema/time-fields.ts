import { MICRO_TIME, TIME } from './type-facts.js';

/**
 * Times that are pointers in the Go types, or that have `omitzero`: an unset one is left out. Go writes any other unset
 * time as null, since a struct is never empty to it. The OpenAPI documents do not distinguish the two.
 *
 * By type name without its package. Source: the `types.go` files of k8s.io/api and k8s.io/apimachinery.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'LeaseSpec.acquireTime',
  'LeaseSpec.renewTime',
  'ManagedFieldsEntry.time',
  'ObjectMeta.creationTimestamp',
  'ObjectMeta.deletionTimestamp',
  'PersistentVolumeStatus.lastPhaseTransitionTime',
  'PodStatus.startTime',
  'Taint.timeAdded',
  'JobStatus.startTime',
  'JobStatus.completionTime',
  'CronJobStatus.lastScheduleTime',
  'CronJobStatus.lastSuccessfulTime',
  'HorizontalPodAutoscalerStatus.lastScaleTime',
  'AllocationResult.allocationTimestamp',
  'DeviceTaint.timeAdded',
]);

/** True when Go writes an unset field as null. `ref` is the field's type. */
export function writesNullTime(type: string, field: string, ref: string | undefined): boolean {
  if (ref !== TIME && ref !== MICRO_TIME) return false;
  return !LEFT_OUT.has(`${type.slice(type.lastIndexOf('.') + 1)}.${field}`);
}
