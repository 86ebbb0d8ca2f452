import type { ControllerRevision, DaemonSet, Node, Pod, Stored } from '@everynode/objects';
import type { ScenarioBehaviour } from '../scenario/schema.js';
import type { Surroundings } from './virtual-cluster.js';

/** A cluster at one time, ready to be simulated from then on. */
export interface Snapshot {
  surroundings: Surroundings;
  nodes: readonly Stored<Node>[];
  daemonSets: readonly Stored<DaemonSet>[];
  revisions: readonly Stored<ControllerRevision>[];
  /** The pods of the DaemonSets. */
  pods: readonly Stored<Pod>[];
  /** The pods of others: they only take room. */
  background: readonly Stored<Pod>[];
  /** How pods have behaved, as far as their times show it. */
  learnt: readonly ScenarioBehaviour[];
  /** When it was taken, ms since the epoch. */
  takenAtMs: number;
}

/** A cluster without anything. It begins with the year 2026. */
export const EMPTY_SNAPSHOT: Snapshot = {
  surroundings: { namespaces: new Map(), priorityClasses: [], budgets: [] },
  nodes: [],
  daemonSets: [],
  revisions: [],
  pods: [],
  background: [],
  learnt: [],
  takenAtMs: Date.UTC(2026, 0, 1),
};
