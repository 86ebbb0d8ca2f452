export type { ConditionView } from './conditions/conditions.js';
export type { Moment, Suspect } from './conditions/progress.js';
export { isRolledOut } from './conditions/stage.js';
export type { CachedVersion, StateCaches } from './controller/cached-version.js';
export { DaemonSetState } from './controller/daemonset-state.js';
export { isAtRest, sameStatus, statusFrom } from './controller/daemonset-status.js';
export type { Sight } from './controller/deadline-watch.js';
export { decideActions, type PodActions, type PodDeletion } from './controller/decide-actions.js';
export { type ChangePreview, describePreview, previewChange } from './explain/change-preview.js';
export { explainDaemonSet } from './explain/explain.js';
export type { ExplainInput, NodeExplanation, Refusal } from './explain/node-explanation.js';
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
export { withConditionTaints } from './placement/condition-taints.js';
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
export {
  overrideFor,
  type ResourceOverride,
  readResourceOverrides,
  withOverride,
  withOverrideMark,
} from './pods/resource-overrides.js';
export { hashOf, revisionHash } from './revision.js';
export { type RollbackTarget, rollbackTarget } from './rollout/rollback-target.js';
export { rolloutNumbers } from './rollout/strategy.js';
