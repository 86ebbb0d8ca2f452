import { KubeClient } from '../client/kube-client.js';
import { type ClusterSize, OwnCluster } from '../cluster/own-cluster.js';
import { measureFloor } from '../floor/floor.js';
import type { Bench, Outcome, OwnBench, Scenario } from '../scenarios/scenario.js';
import { ownSizeOf } from '../scenarios/scenario.js';
import { ProcessTree } from '../usage/process-tree.js';
import { UsageSampler } from '../usage/usage-sampler.js';
import type { Results, Run, Setting } from './results.js';
import { Session } from './session.js';

export interface Plan {
  scenarios: readonly Scenario[];
  repeat: number;
  relabels: number;
  withFloor: boolean;
}

export interface OwnPlan extends Plan {
  sizes: readonly ClusterSize[];
  /** For all services. */
  env: NodeJS.ProcessEnv;
  /** Called with each cluster before its scenarios run. */
  onCluster: (cluster: OwnCluster) => Promise<void>;
}

export type Say = (line: string) => void;

/** Cleaning up a server that is not ours, after a failure. */
const CLEAR_DEADLINE_MS = 60_000;

export const noResults = (): Results => ({ runs: [], floors: [], failures: [], starts: [] });
const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
};
const isOwn = (bench: Bench): bench is OwnBench => bench.cluster !== undefined;

/** Runs scenarios and notes what comes of them. After a failure the others go on. */
export class BenchRun {
  readonly results = noResults();
  readonly #plan: Plan;
  readonly #say: Say;
  readonly #stop: AbortSignal;

  /** `stop` ends it at once; what was measured until then is kept. */
  constructor(plan: Plan, say: Say, stop: AbortSignal) {
    this.#plan = plan;
    this.#say = say;
    this.#stop = stop;
  }

  /** On an API server that runs already, with its nodes. */
  async onServer(kubeconfig: string): Promise<void> {
    const session = await Session.open(await KubeClient.open(kubeconfig), undefined);
    try {
      for (const { scenario, round } of this.#turns(this.#plan.scenarios, false)) {
        if (!(await this.#measure(session, scenario, round))) await this.#clear(session);
      }
      await this.#clear(session);
    } finally {
      session.close();
    }
  }

  /** On clusters of our own, one after the other. */
  async onOwnClusters(plan: OwnPlan): Promise<void> {
    for (const size of plan.sizes) {
      const shared = plan.scenarios.filter(
        (scenario) => ownSizeOf(scenario, size.nodes) === undefined && !scenario.startsEmpty,
      );
      await this.#onClusters(size, this.#turns(shared), plan);
      for (const scenario of plan.scenarios.filter(({ startsEmpty }) => startsEmpty)) {
        await this.#onClusters({ ...size, nodes: 0 }, this.#turns([scenario]), plan, size.nodes);
      }
    }
    // Those with a size of their own: once for each number of replicas.
    const kinds = new Map(plan.sizes.map((size) => [`${size.apiReplicas} ${size.schedulerReplicas}`, size]));
    for (const size of kinds.values()) {
      for (const scenario of plan.scenarios) {
        const nodes = ownSizeOf(scenario, Math.max(...plan.sizes.map((measured) => measured.nodes)));
        if (nodes === undefined || this.#isMeasured(scenario, nodes, size)) continue;
        await this.#onClusters({ ...size, nodes }, this.#turns([scenario]), plan);
      }
    }
  }

  /** The cluster of one of the sizes has served. */
  #isMeasured({ name }: Scenario, nodes: number, { apiReplicas, schedulerReplicas }: ClusterSize): boolean {
    return [...this.results.runs, ...this.results.failures].some(
      ({ scenario, nodes: measured, replicas }) =>
        scenario === name &&
        measured === nodes &&
        replicas?.api === apiReplicas &&
        replicas.scheduler === schedulerReplicas,
    );
  }

  /** Rounds of what repeats, each in the scenarios' order; then the others. Round 0 is for the floor and does not count. */
  #turns(scenarios: readonly Scenario[], withFloor = this.#plan.withFloor): { scenario: Scenario; round: number }[] {
    const repeated = scenarios.filter(({ repeats }) => repeats);
    const { repeat } = this.#plan;
    const rounds = Array.from({ length: repeat }, (_, i) => i + 1);
    return [
      ...(withFloor ? repeated.filter(({ hasFloor }) => hasFloor).map((scenario) => ({ scenario, round: 0 })) : []),
      ...rounds.flatMap((round) => repeated.map((scenario) => ({ scenario, round }))),
      ...scenarios.filter(({ repeats }) => !repeats).map((scenario) => ({ scenario, round: 1 })),
    ];
  }

  /** Takes turns on a cluster; after a failure, or where a scenario leaves traces, on a fresh one. */
  async #onClusters(
    size: ClusterSize,
    turns: { scenario: Scenario; round: number }[],
    plan: OwnPlan,
    target = size.nodes,
  ): Promise<void> {
    const left = [...turns];
    while (left.length > 0 && !this.#stop.aborted) {
      const { apiReplicas: api, schedulerReplicas: scheduler, agents } = size;
      this.#say(`starting ${size.nodes} nodes on ${agents} agents, ${api} api, ${scheduler} scheduler …`);
      let cluster: OwnCluster;
      try {
        cluster = await OwnCluster.start(size, plan.env, this.#stop);
      } catch (error) {
        // It would not start for the other scenarios either.
        if (this.#stop.aborted) return;
        const settings = new Set(left.map(({ scenario }) => scenario));
        for (const scenario of settings) {
          this.results.failures.push({ ...this.#setting(scenario, target, size), error: messageOf(error) });
        }
        this.#say(`  it did not start: ${messageOf(error)}`);
        return;
      }
      this.#say(`  all Ready after ${Math.round(cluster.startMs)} ms`);
      this.results.starts.push({ nodes: size.nodes, replicas: { api, scheduler }, ms: cluster.startMs });
      let session: Session | undefined;
      try {
        await plan.onCluster(cluster);
        const client = await KubeClient.open(cluster.kubeconfig);
        session =
          size.nodes === target ? await Session.open(client, cluster) : new Session(client, namesOf(target), cluster);
        for (let next = left.shift(); next && !this.#stop.aborted; next = left.shift()) {
          const went = await this.#measure(session, next.scenario, next.round);
          if (!went || next.scenario.spoils) break;
        }
      } finally {
        session?.close();
        await cluster.stop();
      }
    }
  }

  /** Returns whether it went well. */
  async #measure(session: Session, scenario: Scenario, round: number): Promise<boolean> {
    const { nodes, cluster } = session;
    const setting = this.#setting(scenario, nodes.length, cluster?.size);
    const deadline = AbortSignal.timeout(scenario.deadlineMs(nodes.length) * (round === 0 ? 3 : 1));
    // What a scenario has going ends with it, however it ends.
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop, deadline, over.signal]);
    const bench = session.bench(this.#plan.relabels, signal, this.#say);
    try {
      await orAbort(signal, async () => {
        if (scenario.needs === 'own processes') {
          if (!isOwn(bench)) throw new Error('it needs processes of our own');
          await scenario.prepare(bench);
          await this.#once(setting, round, cluster, () => scenario.run(bench));
        } else {
          await scenario.prepare(bench);
          await this.#once(setting, round, cluster, () => scenario.run(bench));
        }
      });
      return true;
    } catch (error) {
      if (!this.#stop.aborted) this.#fail(setting, error);
      return false;
    } finally {
      over.abort();
    }
  }

  async #once(
    setting: Setting,
    round: number,
    cluster: OwnCluster | undefined,
    run: () => Promise<Outcome>,
  ): Promise<void> {
    if (round === 0 && cluster) {
      const floor = await measureFloor(cluster, run);
      this.results.floors.push({ ...setting, ...floor });
      const parts = `SQL ${Math.round(floor.sqlMs)} ms, NATS ${Math.round(floor.natsMs)} ms`;
      this.#say(`  ${setting.scenario}, floor: ${parts} (${floor.writes} writes, ${floor.messages} messages)`);
      return;
    }
    const sampler = cluster && new UsageSampler(new ProcessTree(cluster.pid));
    let used: ReturnType<UsageSampler['end']> | undefined;
    let outcome: Outcome;
    try {
      outcome = await run();
    } finally {
      used = sampler?.end();
    }
    const measured: Run = { ...setting, round, ...outcome };
    if (used) Object.assign(measured, { usage: used.usage, usageSamples: used.samples });
    this.results.runs.push(measured);
    const [first] = outcome.figures;
    this.#say(`  ${setting.scenario}: ${first.name} ${Math.round(first.value * 10) / 10} ${first.unit}`);
  }

  #setting({ name }: Scenario, nodes: number, size: ClusterSize | undefined): Setting {
    const replicas = size && { api: size.apiReplicas, scheduler: size.schedulerReplicas };
    return { scenario: name, nodes, replicas };
  }

  #fail(setting: Setting, error: unknown): void {
    const text = messageOf(error);
    this.results.failures.push({ ...setting, error: text });
    this.#say(`  ${setting.scenario}: FAILED: ${text}`);
  }

  async #clear(session: Session): Promise<void> {
    try {
      await session.clear(AbortSignal.any([AbortSignal.timeout(CLEAR_DEADLINE_MS)]));
    } catch (error) {
      this.#say(`  what the bench made could not be removed: ${messageOf(error)}`);
    }
  }
}

/** Nodes that are still to come, by the names that the cluster will give them. */
const namesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `node-${String(i + 1).padStart(5, '0')}`);

/** Rejects when the signal aborts, whatever the work is at then. */
async function orAbort(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    // A scenario that minds the signal says better where it stood.
    onAbort = () => setTimeout(() => reject(new Error('it took too long', { cause: signal.reason })), 200);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(() => undefined);
  try {
    await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
