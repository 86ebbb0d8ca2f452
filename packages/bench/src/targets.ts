import type { Scenario } from './scenarios.js';

/** Targets in ms, by scenario and number of nodes; of a machine of two cores. Source: the design's scale table. */
const TARGETS: Readonly<Record<Scenario, Readonly<Record<number, number>>>> = {
  'apply-ready': { 1000: 1000, 10000: 6000 },
  'rolling-update': { 1000: 1500, 10000: 12_000 },
  relabel: { 1000: 50, 10000: 50 },
  delete: { 1000: 500, 10000: 4000 },
};

export function targetOf(scenario: Scenario, nodes: number): number | undefined {
  return TARGETS[scenario][nodes];
}
