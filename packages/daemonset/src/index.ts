export { assessNode } from './assessment/assessment.js';
export type { DeleteReason } from './assessment/managed-pods.js';
export type { Trial } from './assessment/trial.js';
export { type ConditionView, conditionsFor } from './conditions/conditions.js';
export { type Moment, ProgressClock, type Suspect, storedProgress } from './conditions/progress.js';
export { isRolledOut, stageOf } from './conditions/stage.js';
export type { CachedDaemonSet, CachedPod, CachedVersion, StateCaches } from './controller/cached-version.js';
export { DaemonSetState } from './controller/daemonset-state.js';
export { isAtRest, sameStatus, statusFrom } from './controller/daemonset-status.js';
export type { Sight } from './controller/deadline-watch.js';
export { decideActions, type PodActions, type PodDeletion } from './controller/decide-actions.js';
export { type ChangePreview, describePreview, previewChange } from './explain/change-preview.js';
export { explainDaemonSet } from './explain/explain.js';
export type { ExplainInput, NodeExplanation, Refusal } from './explain/node-explanation.js';
export { type CreateAllowance, takeCreates } from './limits/create-rate.js';
export { annotationFaults, unknownAnnotations } from './limits/policy-annotations.js';
export {
  DEADLINE_ANNOTATION,
  FAILED_REVISION_ANNOTATION,
  GOOD_REVISION_ANNOTATION,
  OVERRIDES_ANNOTATION,
  rolloutLimitsOf,
} from './limits/rollout-limits.js';
export { chooseVictims, type OccupiedNode, type Preemption } from './placement/choose-victims.js';
export { bindsAtOnce, type ClusterView, holdOf, peersOf } from './placement/cluster-view.js';
export { type CompiledDaemonSet, compileDaemonSet, eligibilityOf } from './placement/eligibility.js';
export { compileNodeDemands, compileNodeSelector, type NodeDemands, targetNodeOf } from './placement/node-affinity.js';
export {
  allocatableOf,
  NO_MATCH,
  type NodeLoad,
  nodeFault,
  type PodDemands,
  podDemands,
  type RoomDemands,
  roomDemands,
  roomFaults,
} from './placement/node-fit.js';
export { type PeerPod, peerOf } from './placement/pod-affinity.js';
export type { PodPeers } from './placement/pod-peers.js';
export { isShuttingDown, SHUTTING_DOWN } from './placement/shutdown.js';
export {
  REQUIRED_AT_STARTUP_ANNOTATION,
  type RequiredDaemonSet,
  startupHold,
  startupTaintsOf,
} from './placement/startup-taint.js';
export { toleratesTaint } from './placement/taints.js';
export { type DaemonPodTemplate, daemonPodTemplate } from './pods/daemon-pod.js';
export { FailedPodBackoff } from './pods/failed-pod-backoff.js';
export {
  OVERRIDE_ANNOTATION,
  overrideFor,
  type ResourceOverride,
  readResourceOverrides,
  withOverride,
} from './pods/resource-overrides.js';
export { hashOf, revisionHash } from './revision.js';
export { decideRollout } from './rollout/rollout-decision.js';
export { RolloutLedger } from './rollout/rollout-ledger.js';
export { permissionOf } from './rollout/rollout-permission.js';
