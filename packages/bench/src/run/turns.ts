import type { ClusterSize } from '../cluster/host-protocol.js';
import { ownSizeOf, type Scenario } from '../scenarios/scenario.js';
import type { Setting } from './results.js';

/** One run of a scenario. Round 0 measures the floor, and is no run of the report. */
export interface Turn {
  scenario: Scenario;
  round: number;
}

/**
 * First the floors, then the scenarios that repeat, round by round and each in the given order, then the others once.
 */
export function turnsOf(
  scenarios: readonly Scenario[],
  { repeat, withFloor }: { repeat: number; withFloor: boolean },
): Turn[] {
  const repeated = scenarios.filter(({ repeats }) => repeats);
  const rounds = Array.from({ length: repeat }, (_, i) => i + 1);
  return [
    ...(withFloor ? repeated.filter(({ hasFloor }) => hasFloor).map((scenario) => ({ scenario, round: 0 })) : []),
    ...rounds.flatMap((round) => repeated.map((scenario) => ({ scenario, round }))),
    ...scenarios.filter(({ repeats }) => !repeats).map((scenario) => ({ scenario, round: 1 })),
  ];
}

/**
 * Turns that share a cluster. `nodes` is what they are reported with: a scenario that starts empty adds them itself.
 */
export interface ClusterTurns {
  size: ClusterSize;
  nodes: number;
  scenarios: Scenario[];
}

/**
 * The scenarios that run at the sizes of `--nodes`: all on one cluster of each size, but for those that start empty.
 */
export function sharedClusters(scenarios: readonly Scenario[], sizes: readonly ClusterSize[]): ClusterTurns[] {
  return sizes.flatMap((size) => {
    const { nodes } = size;
    const shared = scenarios.filter((scenario) => ownSizeOf(scenario, nodes) === undefined && !scenario.startsEmpty);
    const empty = scenarios.filter(({ startsEmpty }) => startsEmpty);
    return [
      { size, nodes, scenarios: shared },
      ...empty.map((scenario) => ({ size: { ...size, nodes: 0 }, nodes, scenarios: [scenario] })),
    ];
  });
}

/** The scenarios that have their own number of nodes: each on its own cluster, once for each number of replicas. */
export function ownClusters(scenarios: readonly Scenario[], sizes: readonly ClusterSize[]): ClusterTurns[] {
  const most = Math.max(...sizes.map(({ nodes }) => nodes));
  const byReplicas = new Map(sizes.map((size) => [`${size.apiReplicas} ${size.schedulerReplicas}`, size]));
  return [...byReplicas.values()].flatMap((size) =>
    scenarios.flatMap((scenario) => {
      const nodes = ownSizeOf(scenario, most);
      return nodes === undefined ? [] : [{ size: { ...size, nodes }, nodes, scenarios: [scenario] }];
    }),
  );
}

export function settingOf({ name }: Scenario, nodes: number, size: ClusterSize | undefined): Setting {
  return { scenario: name, nodes, replicas: size && { api: size.apiReplicas, scheduler: size.schedulerReplicas } };
}

export const isSameSetting = (a: Setting, b: Setting): boolean =>
  a.scenario === b.scenario &&
  a.nodes === b.nodes &&
  a.replicas?.api === b.replicas?.api &&
  a.replicas?.scheduler === b.replicas?.scheduler;
