import type { DelayRange } from './delay-range.js';

/** The ways in which the fleet-wide failure rate makes pods fail. */
export const FLEET_FAILURES = ['crash', 'image-error', 'never-ready'] as const;
type FleetFailure = (typeof FLEET_FAILURES)[number];

/** How the pods of a fleet behave. */
export interface SimulationSettings {
  start: DelayRange;
  ready: DelayRange;
  stop: DelayRange;
  /** Chance, from 0 to 1, that a pod fails by `failure`. */
  failureRate: number;
  failure: FleetFailure;
  /** Whether events are reported. */
  events: boolean;
}
