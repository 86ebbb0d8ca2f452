import type { KubeClient } from '../client/kube-client.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { LatencySummary } from '../latencies.js';
import type { RateSample, Sample } from '../observe/observed-pods.js';
import type { Workload } from '../run/workload.js';

export type Unit = 'ms' | 'µs' | 'MiB' | '% of a core' | 'pods/s' | 'events/s' | 'requests/s' | '×' | 'count';

export interface Figure {
  name: string;
  value: number;
  unit: Unit;
}

/** What a scenario has found out. */
export interface Outcome {
  /** The first one is what the scenario is about. */
  figures: readonly [Figure, ...Figure[]];
  /** What was done, to share the cost among: pods, requests, events. */
  work?: { count: number; of: string };
  /** Ready pods over time. */
  curve?: Sample[];
  /** Pods that turned ready, or went, over time. */
  rate?: RateSample[];
  /** By what was timed. */
  latencies?: Record<string, LatencySummary>;
}

/** What a scenario works with. */
export interface Bench {
  readonly client: KubeClient;
  /** Names of all nodes. */
  readonly nodes: readonly string[];
  /** Steps of scenarios that consist of many like ones. */
  readonly relabels: number;
  /** Aborts at the scenario's deadline, and when the bench is to stop. */
  readonly signal: AbortSignal;
  /** The cluster, where it is one of our own. */
  readonly cluster: OwnCluster | undefined;
  /** This many DaemonSets on all nodes; those of other workloads are removed first. */
  workload(count: number): Promise<Workload>;
  /** Tells the person who waits. */
  say(line: string): void;
}

/** A bench whose cluster is our own. */
export interface OwnBench extends Bench {
  readonly cluster: OwnCluster;
}

/** Nodes of the cluster of its own that a scenario is measured on, where it is not that of `nodes`. */
export function ownSizeOf({ fixedNodes, mostNodes }: Pick<Common, 'fixedNodes' | 'mostNodes'>, nodes: number) {
  if (fixedNodes !== undefined) return fixedNodes;
  return mostNodes !== undefined && nodes > mostNodes ? mostNodes : undefined;
}

interface Common {
  name: string;
  /** One line for the list of scenarios. */
  about: string;
  /** Runs when no scenario is named. */
  isDefault: boolean;
  /** Runs as often as `--repeat` says; the others once. */
  repeats: boolean;
  /** The same writes and messages are done plainly, to compare. */
  hasFloor?: boolean;
  /** Has so many nodes, whatever `--nodes` says. */
  fixedNodes?: number;
  /** Has so many nodes where `--nodes` says more. */
  mostNodes?: number;
  /** Begins without nodes: a cluster of its own, to which it adds them. */
  startsEmpty?: boolean;
  /** Leaves the cluster in a state that other scenarios are not to be measured in. */
  spoils?: boolean;
  deadlineMs(nodes: number): number;
}

/** Sees what a client sees: it runs on any API server. */
export interface ClientScenario extends Common {
  needs: 'any API server';
  /** Brings about the state that it begins with; not measured. */
  prepare(bench: Bench): Promise<void>;
  run(bench: Bench): Promise<Outcome>;
}

/** Looks at processes, or ends them: it runs on a cluster of our own. */
export interface OwnScenario extends Common {
  needs: 'own processes';
  prepare(bench: OwnBench): Promise<void>;
  run(bench: OwnBench): Promise<Outcome>;
}

export type Scenario = ClientScenario | OwnScenario;

/** Time for scenarios that touch every node a few times: far above what is expected, far below what a person would wait. */
export const usualDeadlineMs = (nodes: number): number => 60_000 + 20 * nodes;
