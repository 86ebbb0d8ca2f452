export { HostedRun, type Placement } from './hosted-run.js';
export type { HostedNode, Machine } from './node/hosted-node.js';
export { type ConditionFacts, nodeStatus } from './node/node-status.js';
export { type Exited, PodRuntime, type RuntimeKind, type StartNeeds } from './pod-runtime.js';
export { type FindRun, notRunning, reachedLog, reachedRun, refused } from './reached-run.js';
export type { PodReport, ReportListener, RunningPod, Runtime } from './runtime.js';
export { hexOf, seededRandom, seedOf } from './seeded-random.js';
export { type Clock, momentOf, systemClock, Timers } from './timers.js';
