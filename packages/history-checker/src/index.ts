/** Checks of a recorded history: pure functions, without the code of the services. */
export { checkHistory } from './check-history.js';
export type {
  Action,
  Change,
  ChangeType,
  Convergence,
  DaemonSetFacts,
  Facts,
  FaultRecord,
  HistoryEntry,
  Leak,
  NodeFacts,
  Operation,
  Outcome,
  PodFacts,
  Violation,
  WatchRecord,
  WatchScope,
} from './history.js';
export { ClusterReplay } from './rollout/cluster-replay.js';
export { unsteadiness } from './rollout/steady-state.js';
