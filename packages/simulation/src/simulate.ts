import type { KubeObject } from '@everynode/objects';
import { EMPTY_SNAPSHOT, type Snapshot } from './engine/snapshot.js';
import { StepPlayer } from './engine/step-player.js';
import { VirtualEngine } from './engine/virtual-engine.js';
import { NOT_MODELLED, type SimulationReport, type StepReport } from './report/report.js';
import { judgeThresholds } from './report/thresholds.js';
import type { Scenario } from './scenario/schema.js';
import { spanMs } from './scenario/spans.js';

const LIMIT_MS = 6 * 3_600_000;

export interface SimulationInput {
  scenario: Scenario;
  /** The objects of a file that the scenario names. */
  load: (file: string) => readonly KubeObject[];
  /** What the fleet is taken from, where the scenario says so. */
  snapshot?: Snapshot;
  /** In place of the scenario's own. */
  seed?: number;
  /** Changes each DaemonSet that a step applies or patches, before it is applied. */
  edit?: (daemonSet: KubeObject) => KubeObject;
  /** Hears of the state of the simulation between its steps. */
  onStep?: (step: StepReport) => void;
}

/**
 * Plays a scenario in virtual time. Pure: the same input gives the same report.
 * @throws ApiError for a DaemonSet that is there from the start and that an api would refuse.
 */
export function simulate({
  scenario,
  load,
  snapshot = EMPTY_SNAPSHOT,
  seed: own,
  edit = (daemonSet) => daemonSet,
  onStep,
}: SimulationInput): SimulationReport {
  const { metadata, spec } = scenario;
  const seed = own ?? spec.seed ?? 1;
  const engine = new VirtualEngine(snapshot, seed);
  for (const group of spec.fleet.groups ?? []) engine.join(group);
  for (const manifest of spec.manifests ?? []) {
    const objects = typeof manifest === 'string' ? load(manifest) : [manifest as KubeObject];
    for (const object of objects) if (object.kind === 'DaemonSet') engine.apply(object);
  }
  engine.begin([...snapshot.learnt, ...(spec.behaviour ?? [])], snapshot === EMPTY_SNAPSHOT);
  const nodes = engine.nodeCount;
  const player = new StepPlayer({
    engine,
    load,
    edit,
    limitMs: spec.limit === undefined ? LIMIT_MS : spanMs(spec.limit),
  });
  const steps = spec.steps.map((step) => {
    const played = player.play(step);
    onStep?.(played);
    return played;
  });
  const durationMs = engine.now();
  const rollouts = [...engine.measures()].map(([, measure]) => measure.report(durationMs));
  const thresholds = judgeThresholds(spec.thresholds, rollouts, durationMs);
  return {
    apiVersion: 'everynode.io/v1',
    kind: 'SimulationReport',
    scenario: metadata.name,
    seed,
    engine: 'virtual',
    nodes,
    durationMs,
    ok: steps.every(({ fault }) => fault === undefined) && thresholds.every(({ ok }) => ok),
    steps,
    thresholds,
    rollouts,
    notModelled: NOT_MODELLED,
  };
}
