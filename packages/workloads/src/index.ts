export { withCondition } from './conditions.js';
export { type NewJob, planCronJob, statusWith } from './cron-job/plan-cron-job.js';
export { REVISION_ANNOTATION } from './deployment/draft.js';
export { isSameTemplate, type NewReplicaSet } from './deployment/new-replica-set.js';
export { type DeploymentPlan, planDeployment, type ReplicaSetChange } from './deployment/plan-deployment.js';
export { scaled } from './int-or-percent.js';
export { jobPodTemplate } from './job/job-pod.js';
export { isTracked, TRACKING_FINALIZER } from './job/job-tally.js';
export { expiresInMs, isForeignJob, type JobPlan, planJob } from './job/plan-job.js';
export { claimOf, type Selecting } from './ownership/claim.js';
export { type OwnerKind, ownerReferenceTo } from './ownership/owner-reference.js';
export { countedPod } from './pods/counted-pod.js';
export { withNodeReadiness } from './pods/node-readiness.js';
export { podOfTemplate } from './pods/pod-of-template.js';
export {
  availableAt,
  isPodActive,
  isPodAvailable,
  isPodDeleting,
  isPodTerminal,
  podNamePrefix,
} from './pods/pod-state.js';
export { manageReplicas } from './replica-set/manage-replicas.js';
export { nextAvailableInMs, type ReplicaFailure, replicaSetStatus } from './replica-set/replica-set-status.js';
export {
  type History,
  historyLimitOf,
  historyOf,
  nextRevisionNumber,
  type OldRevision,
  REVISION_LABEL,
  revisionData,
  templateOf,
  trimHistory,
} from './revisions/history.js';
export { ordinalOf, revisionOf } from './stateful-set/identity.js';
export {
  type NewStatefulPod,
  planStatefulSet,
  type StatefulSetPlan,
  type TemplateRevision,
} from './stateful-set/plan-stateful-set.js';
export { templateHash } from './template-hash.js';
