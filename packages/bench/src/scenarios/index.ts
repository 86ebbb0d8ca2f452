import { apiMemory } from './api-memory.js';
import { applyReady } from './apply-ready.js';
import { authorise } from './authorise.js';
import { deleteAll } from './delete.js';
import { failover } from './failover.js';
import { getLatency } from './get-latency.js';
import { labelFlapping } from './label-flapping.js';
import { listDuringRollout } from './list-during-rollout.js';
import { fiftyDaemonSets, hundredDaemonSets } from './many-daemonsets.js';
import { noisyNeighbour } from './noisy-neighbour.js';
import { quietFleet } from './quiet-fleet.js';
import { registration } from './registration.js';
import { relabel } from './relabel.js';
import { rollingUpdate } from './rolling-update.js';
import type { Scenario } from './scenario.js';
import { statusBurst } from './status-burst.js';
import { watchers } from './watchers.js';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  applyReady,
  rollingUpdate,
  relabel,
  deleteAll,
  getLatency,
  failover,
  quietFleet,
  labelFlapping,
  apiMemory,
  listDuringRollout,
  watchers,
  hundredDaemonSets,
  statusBurst,
  registration,
  fiftyDaemonSets,
  authorise,
  noisyNeighbour,
];
