export { containerExited, hookEnded, type ObservedExit, probeTried, wholeExit } from './answers/running.js';
export {
  containerStarted,
  imageChecked,
  imagePulled,
  type PullResult,
  type SandboxResult,
  sandboxMade,
  sandboxRemoved,
  startFailed,
  tellNoPullSecrets,
  tellNotEnforced,
} from './answers/starting.js';
export type { ContainerRuntime, StartResult } from './container-runtime.js';
export {
  commandOf,
  environmentOf,
  type ObjectContent,
  type ObjectContents,
} from './environment/container-environment.js';
export type { PodOccurrence } from './events/kubelet-events.js';
export { takeEvent } from './events/spam-filter.js';
export { evictionOf, pressureRefusal } from './eviction/eviction-words.js';
export { evictPod, shutDownPod } from './eviction/fail-pod.js';
export { observePressure, type PressureState } from './eviction/pressure.js';
export { type ContainerUsage, type EvictionCandidate, type PodUsage, rankForEviction } from './eviction/rank-pods.js';
export { type ShutdownGrace, shutdownOrder } from './eviction/shutdown-order.js';
export {
  type Observation,
  type Observations,
  type PressureCondition,
  SIGNAL_FACTS,
  type StarvedResource,
} from './eviction/signals.js';
export { DEFAULT_EVICTION_HARD, type EvictionThreshold, parseEvictionThresholds } from './eviction/thresholds.js';
export { type NodeRefusal, refusalOf } from './node/node-admission.js';
export { oomScoreAdjust } from './node/oom-score.js';
export { rejectPod } from './node/reject-pod.js';
export { type AssignedPod, isAssignedPod, podText } from './pod/assigned-pod.js';
export { type ContainerRun, containerRuns, isLive } from './pod/container-run.js';
export { isCriticalPod } from './pod/critical-pod.js';
export { beginAnew, correctContainer, type FoundRun, lostExit, sandboxLost } from './pod/found-run.js';
export type { KubeletNode } from './pod/kubelet-node.js';
export type { Moment } from './pod/moment.js';
export type { PodFailure } from './pod/pod-failure.js';
export { isOver, PodRun } from './pod/pod-run.js';
export { takeOver } from './pod/take-over.js';
export { newWorker, type ProbeKind, type ProbeOutcome } from './probes/probe-worker.js';
export { noteMissing } from './starting/hold-start.js';
export { subPathOf } from './starting/sub-paths.js';
export type { ContainerIds } from './status/container-status.js';
export { containerStatusesOf } from './status/container-statuses.js';
export { findLogRun, type LogRun } from './status/log-run.js';
export { gateStates } from './status/pod-conditions.js';
export { podStatus } from './status/pod-status.js';
export { endPod } from './stopping/stop-containers.js';
export type { Effect } from './sync/effects.js';
export { applyPodChange } from './sync/pod-change.js';
export { syncPod } from './sync/sync-pod.js';
export {
  isMadeOfFiles,
  type VolumeFile,
  type VolumeSources,
  volumeFiles,
} from './volumes/volume-files.js';
