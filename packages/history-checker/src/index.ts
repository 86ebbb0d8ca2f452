/** Checks of a recorded history: pure functions, without the code of the services. */
export { longestStandstill } from './answers/standstills.js';
export { checkHistory } from './check-history.js';
export type { FaultEffects, FaultRecord } from './faults/fault-record.js';
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
} from './history.js';
export { ClusterReplay } from './rollout/cluster-replay.js';
export { rolloutLeft, unsteadiness } from './rollout/steady-state.js';
export type { WatchScope } from './watches/watch-record.js';
