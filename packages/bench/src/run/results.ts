import type { Floor } from '../floor/floor.js';
import type { Outcome } from '../scenarios/scenario.js';
import type { Usage, UsageSample } from '../usage/usage-sampler.js';

/** Where a scenario ran. */
export interface Setting {
  scenario: string;
  nodes: number;
  /** api and scheduler processes; undefined on a server that is not ours. */
  replicas: { api: number; scheduler: number } | undefined;
}

/** One run of one scenario. */
export interface Run extends Setting, Outcome {
  round: number;
  usage?: Usage[];
  usageSamples?: UsageSample[];
}

export interface MeasuredFloor extends Setting, Floor {}

interface Failure extends Setting {
  error: string;
}

/** All results of a bench. */
export interface Results {
  runs: Run[];
  floors: MeasuredFloor[];
  failures: Failure[];
  /** ms from the first process until all nodes were Ready, of each cluster of ours. */
  starts: { nodes: number; replicas: { api: number; scheduler: number }; ms: number }[];
}

export const noResults = (): Results => ({ runs: [], floors: [], failures: [], starts: [] });
