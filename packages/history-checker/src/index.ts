/** Checks of a recorded history: pure functions, without the code of the services. */
export { checkHistory } from './check-history.js';
export type { FaultEffects, FaultRecord } from './fault-record.js';
export type {
  Action,
  Change,
  DaemonSetFacts,
  Facts,
  HistoryEntry,
  NodeFacts,
  Operation,
  Outcome,
  PodFacts,
  StoredObjects,
  Violation,
  WatchScope,
} from './history.js';
export { ClusterReplay } from './rollout/cluster-replay.js';
export { rolloutLeft, unsteadiness } from './rollout/steady-state.js';
