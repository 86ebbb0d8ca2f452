import type { Results } from '../run/results.js';
import { rowsOf } from './rows.js';
import type { Machine, Servers } from './surroundings.js';

export interface Surroundings {
  measuredAt: string;
  /** `everynode`, or the server of a kubeconfig. */
  target: string;
  serverVersion: string;
  machine: Machine;
  servers?: Servers;
  command: string[];
}

/** All results for other programs. Each figure has its unit beside it or in its name. */
export function reportJson(surroundings: Surroundings, results: Results): object {
  return { ...surroundings, rows: rowsOf(results), ...results };
}
