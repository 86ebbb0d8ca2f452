import type { Delay } from './delay-range.js';

/** The ways in which the fleet-wide failure rate makes pods fail. */
export const FLEET_FAILURES = ['crash', 'image-error', 'never-ready'] as const;
type FleetFailure = (typeof FLEET_FAILURES)[number];

/** How the pods of a fleet behave. */
export interface SimulationSettings {
  start: Delay;
  ready: Delay;
  stop: Delay;
  /** Chance, from 0 to 1, that a pod fails by `failure`. */
  failureRate: number;
  failure: FleetFailure;
  /** Whether events are reported. */
  events: boolean;
}
