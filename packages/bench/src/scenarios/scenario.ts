import type { AttackerName } from '../attack/attacks.js';
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

/** The result of one run of a scenario. */
export interface Outcome {
  /** The first one is the scenario's main figure. */
  figures: readonly [Figure, ...Figure[]];
  /** The units of work among which the cost is divided: pods, requests, events. */
  work?: { count: number; of: string };
  /** Ready pods over time. */
  curve?: Sample[];
  /** Pods that turned ready, or went, over time. */
  rate?: RateSample[];
  /** Latencies by the name of what was timed. */
  latencies?: Record<string, LatencySummary>;
}

/** What a user may choose of some scenarios. */
export interface Choices {
  /** Number of steps in scenarios that consist of many similar ones. */
  readonly relabels: number;
  /** The rows of `noisy-neighbour` that are measured. */
  readonly attackers: readonly AttackerName[];
}

/** What a scenario uses. */
export interface Bench extends Choices {
  readonly client: KubeClient;
  /** Names of all nodes. */
  readonly nodes: readonly string[];
  /** Aborts at the scenario's deadline, and when the bench is to stop. */
  readonly signal: AbortSignal;
  /** The cluster, where it is one of our own. */
  readonly cluster: OwnCluster | undefined;
  /** This many DaemonSets on all nodes; those of other workloads are removed first. */
  workload(count: number): Promise<Workload>;
  /** Prints a line for the user. */
  say(line: string): void;
}

/** A bench whose cluster is our own. */
export interface OwnBench extends Bench {
  readonly cluster: OwnCluster;
}

/**
 * Number of nodes of the cluster that a scenario needs for itself; undefined when it runs on one with `nodes` nodes.
 */
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
  /** Runs `--repeat` times; the others run once. */
  repeats: boolean;
  /** Its time is compared with that of plain SQL and plain NATS. */
  hasFloor?: boolean;
  /** Always has this many nodes, whatever `--nodes` is. */
  fixedNodes?: number;
  /** Has this many nodes where `--nodes` is higher. */
  mostNodes?: number;
  /** Begins on a cluster without nodes, to which it adds them. */
  startsEmpty?: boolean;
  /** Leaves the cluster in a state in which other scenarios must not be measured. */
  spoils?: boolean;
  deadlineMs(nodes: number): number;
}

/** A scenario that needs only what a client sees: it runs on any API server. */
export interface ClientScenario extends Common {
  needs: 'any API server';
  /** Brings about the state that it begins with; not measured. */
  prepare(bench: Bench): Promise<void>;
  run(bench: Bench): Promise<Outcome>;
}

/** A scenario that reads or ends processes: it runs only on a cluster of our own. */
export interface OwnScenario extends Common {
  needs: 'own processes';
  prepare(bench: OwnBench): Promise<void>;
  run(bench: OwnBench): Promise<Outcome>;
}

export type Scenario = ClientScenario | OwnScenario;

/** Deadline of scenarios that touch every node a few times: far above the expected time. */
export const usualDeadlineMs = (nodes: number): number => 60_000 + 20 * nodes;
