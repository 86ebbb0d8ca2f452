import { KubeClient } from '../client/kube-client.js';
import type { ClusterSize } from '../cluster/host-protocol.js';
import { OwnCluster } from '../cluster/own-cluster.js';
import type { Choices, Scenario } from '../scenarios/scenario.js';
import { type Measured, measure } from './measure.js';
import { noResults } from './results.js';
import { Session } from './session.js';
import {
  type ClusterTurns,
  isSameSetting,
  ownClusters,
  settingOf,
  sharedClusters,
  type Turn,
  turnsOf,
} from './turns.js';

interface Plan {
  scenarios: readonly Scenario[];
  repeat: number;
  choices: Choices;
  withFloor: boolean;
}

export interface OwnPlan extends Plan {
  sizes: readonly ClusterSize[];
  /** For all services. */
  env: NodeJS.ProcessEnv;
  /** Called with each cluster before its scenarios run. */
  onCluster: (cluster: OwnCluster) => Promise<void>;
}

/** Time to remove, after a failure, what was made on a server that is not ours. */
const CLEAR_DEADLINE_MS = 60_000;

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
};

/** Runs scenarios and records their results. After the failure of one, the others still run. */
export class BenchRun {
  readonly results = noResults();
  readonly #plan: Plan;
  readonly #say: (line: string) => void;
  readonly #stop: AbortSignal;

  /** `say` prints a line. `stop` ends the run at once; the results until then are kept. */
  constructor(plan: Plan, say: (line: string) => void, stop: AbortSignal) {
    this.#plan = plan;
    this.#say = say;
    this.#stop = stop;
  }

  /** Runs on an API server that is there already, with its nodes. */
  async onServer(kubeconfig: string): Promise<void> {
    const session = await Session.open(await KubeClient.open(kubeconfig), undefined);
    const { scenarios, repeat } = this.#plan;
    try {
      for (const turn of turnsOf(scenarios, { repeat, withFloor: false })) {
        if (!(await this.#take(session, turn))) await this.#clear(session);
      }
      await this.#clear(session);
    } finally {
      session.close();
    }
  }

  /** Runs on clusters of our own, one after the other. */
  async onOwnClusters(plan: OwnPlan): Promise<void> {
    for (const turns of sharedClusters(plan.scenarios, plan.sizes)) await this.#onClusters(turns, plan);
    for (const turns of ownClusters(plan.scenarios, plan.sizes)) {
      // A cluster of one of the sizes may have had the same number of nodes.
      if (!this.#isMeasured(turns)) await this.#onClusters(turns, plan);
    }
  }

  #isMeasured({ scenarios, nodes, size }: ClusterTurns): boolean {
    const { runs, failures } = this.results;
    return scenarios.every((scenario) => {
      const setting = settingOf(scenario, nodes, size);
      return [...runs, ...failures].some((measured) => isSameSetting(measured, setting));
    });
  }

  /** Takes turns on a cluster; after a failure, or where a scenario leaves traces, on a fresh one. */
  async #onClusters({ size, nodes, scenarios }: ClusterTurns, plan: OwnPlan): Promise<void> {
    const left = turnsOf(scenarios, plan);
    while (left.length > 0 && !this.#stop.aborted) {
      const cluster = await this.#startCluster(size, plan);
      if (typeof cluster === 'string') {
        // It would not start for the other scenarios either.
        if (this.#stop.aborted) return;
        for (const scenario of new Set(left.map((turn) => turn.scenario))) {
          this.results.failures.push({ ...settingOf(scenario, nodes, size), error: cluster });
        }
        this.#say(`  it did not start: ${cluster}`);
        return;
      }
      let session: Session | undefined;
      try {
        await plan.onCluster(cluster);
        const client = await KubeClient.open(cluster.kubeconfig);
        session =
          size.nodes === nodes ? await Session.open(client, cluster) : new Session(client, namesOf(nodes), cluster);
        for (let next = left.shift(); next && !this.#stop.aborted; next = left.shift()) {
          const succeeded = await this.#take(session, next);
          if (!succeeded || next.scenario.spoils) break;
        }
      } finally {
        session?.close();
        await cluster.stop();
      }
    }
  }

  /** Returns the cluster, or why it did not start. */
  async #startCluster(size: ClusterSize, { env }: OwnPlan): Promise<OwnCluster | string> {
    const { nodes, agents, apiReplicas: api, schedulerReplicas: scheduler } = size;
    this.#say(`starting ${nodes} nodes on ${agents} agents, ${api} api, ${scheduler} scheduler …`);
    try {
      const cluster = await OwnCluster.start(size, env, this.#stop);
      this.#say(`  all Ready after ${Math.round(cluster.startMs)} ms`);
      this.results.starts.push({ nodes, replicas: { api, scheduler }, ms: cluster.startMs });
      return cluster;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Takes one turn and records its result. Returns whether it succeeded. */
  async #take(session: Session, turn: Turn): Promise<boolean> {
    try {
      const { choices } = this.#plan;
      this.#record(await measure(session, turn, { choices, say: this.#say, stop: this.#stop }));
      return true;
    } catch (error) {
      if (!this.#stop.aborted) {
        const setting = settingOf(turn.scenario, session.nodes.length, session.cluster?.size);
        const text = messageOf(error);
        this.results.failures.push({ ...setting, error: text });
        this.#say(`  ${setting.scenario}: FAILED: ${text}`);
      }
      return false;
    }
  }

  #record(measured: Measured): void {
    if (measured.kind === 'floor') {
      const { floor } = measured;
      this.results.floors.push(floor);
      const parts = `SQL ${Math.round(floor.sqlMs)} ms, NATS ${Math.round(floor.natsMs)} ms`;
      this.#say(`  ${floor.scenario}, floor: ${parts} (${floor.writes} writes, ${floor.messages} messages)`);
    } else {
      const { run } = measured;
      this.results.runs.push(run);
      const [first] = run.figures;
      this.#say(`  ${run.scenario}: ${first.name} ${Math.round(first.value * 10) / 10} ${first.unit}`);
    }
  }

  async #clear(session: Session): Promise<void> {
    try {
      await session.clear(AbortSignal.timeout(CLEAR_DEADLINE_MS));
    } catch (error) {
      this.#say(`  what the bench made could not be removed: ${messageOf(error)}`);
    }
  }
}

/** Names that the cluster will give to nodes that are not there yet. */
const namesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `node-${String(i + 1).padStart(5, '0')}`);
