import type { KubeClient } from '../client/kube-client.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { Bench, Choices } from '../scenarios/scenario.js';
import { Workload } from './workload.js';

/** What scenarios on one API server share: its client, its nodes, and the DaemonSets that are there. */
export class Session {
  readonly client: KubeClient;
  readonly nodes: readonly string[];
  readonly cluster: OwnCluster | undefined;
  readonly #workloads = new Map<number, Workload>();

  constructor(client: KubeClient, nodes: readonly string[], cluster: OwnCluster | undefined) {
    this.client = client;
    this.nodes = nodes;
    this.cluster = cluster;
  }

  static async open(client: KubeClient, cluster: OwnCluster | undefined): Promise<Session> {
    const { items } = await client.call<{ items: { metadata: { name: string } }[] }>('GET', '/api/v1/nodes');
    const names = items.map(({ metadata }) => metadata.name);
    return new Session(client, names, cluster);
  }

  bench(choices: Choices, signal: AbortSignal, say: (line: string) => void): Bench {
    const { client, nodes, cluster } = this;
    return { client, nodes, cluster, ...choices, signal, say, workload: (count) => this.#workload(count, signal) };
  }

  async #workload(count: number, signal: AbortSignal): Promise<Workload> {
    for (const [other, workload] of this.#workloads) {
      if (other === count) continue;
      await workload.ensureAbsent(signal);
      workload.close();
      this.#workloads.delete(other);
    }
    let workload = this.#workloads.get(count);
    if (!workload) {
      workload = new Workload(this.client, this.nodes.length, count);
      this.#workloads.set(count, workload);
    }
    return workload;
  }

  /** Removes what scenarios made. */
  async clear(signal: AbortSignal): Promise<void> {
    for (const workload of this.#workloads.values()) await workload.ensureAbsent(signal);
  }

  close(): void {
    for (const workload of this.#workloads.values()) workload.close();
    this.#workloads.clear();
    this.client.close();
  }
}
