import type { RolloutReport } from './rollout-measure.js';

/** What a step did. */
export interface StepReport {
  name: string;
  /** In ms since the start. */
  startedAtMs: number;
  endedAtMs: number;
  /** Undefined: it did what it should. */
  fault?: string;
}

/** A threshold, and what was measured. */
export interface ThresholdReport {
  daemonSet: string;
  what: string;
  limit: number;
  measured: number;
  ok: boolean;
}

/** What a simulation has shown. The same scenario, seed and version give the same report, byte for byte. */
export interface SimulationReport {
  apiVersion: 'everynode.io/v1';
  kind: 'SimulationReport';
  scenario: string;
  seed: number;
  engine: 'virtual';
  nodes: number;
  durationMs: number;
  ok: boolean;
  steps: StepReport[];
  thresholds: ThresholdReport[];
  rollouts: RolloutReport[];
  notModelled: readonly string[];
}

/** Said on every report, so that it is not read as more than it is. */
export const NOT_MODELLED: readonly string[] = [
  'image pulls, other than as part of the time to start',
  'admission webhooks and policies',
  'autoscalers of clusters and of pods',
  'volumes and claims: each is there',
  'controllers other than that of DaemonSets; other pods only take room',
  'load on the control plane: a change takes 20 ms to its pass',
];
