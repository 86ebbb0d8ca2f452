import { applyReady } from './apply-ready.js';
import { deleteAll } from './delete.js';
import { failover } from './failover.js';
import { fiftyDaemonSets, hundredDaemonSets } from './many-daemonsets.js';
import { relabel } from './relabel.js';
import { rollingUpdate } from './rolling-update.js';
import type { Scenario } from './scenario.js';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  applyReady,
  rollingUpdate,
  relabel,
  deleteAll,
  failover,
  hundredDaemonSets,
  fiftyDaemonSets,
];
