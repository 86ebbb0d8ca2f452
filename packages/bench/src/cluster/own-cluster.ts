import type { BusCredential } from '@everynode/bus-credentials';
import pg from 'pg';
import { KubeClient } from '../client/kube-client.js';
import { Observation } from '../observe/observation.js';
import { ObservedNodes } from '../observe/observed-nodes.js';
import { HostProcess } from './host-process.js';
import type { ClusterSize, HostedCluster } from './host-protocol.js';

const startDeadlineMs = (nodes: number): number => 90_000 + 10 * nodes;

/** A fresh cluster in its own processes, apart from the one of the checkout. It ends when this process ends. */
export class OwnCluster {
  readonly size: ClusterSize;
  /** From the start of the first process until all nodes are Ready, in ms. */
  readonly startMs: number;
  readonly #host: HostProcess;
  readonly #view: HostedCluster;
  #pool: pg.Pool | undefined;

  private constructor(size: ClusterSize, host: HostProcess, view: HostedCluster, startMs: number) {
    this.size = size;
    this.#host = host;
    this.#view = view;
    this.startMs = startMs;
  }

  /**
   * Starts a cluster and waits until all nodes are Ready. `env` is for all services.
   * @throws Error with the end of a log when something does not start; nothing runs then.
   */
  static async start(size: ClusterSize, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<OwnCluster> {
    const began = performance.now();
    const within = AbortSignal.any([signal, AbortSignal.timeout(startDeadlineMs(size.nodes))]);
    const host = await HostProcess.start(size, env);
    try {
      const view = (await host.answerTo(0, within)) as HostedCluster;
      await untilNodesReady(view.kubeconfig, size.nodes, within);
      return new OwnCluster(size, host, view, performance.now() - began);
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  get kubeconfig(): string {
    return this.#view.kubeconfig;
  }

  /** All processes of the cluster descend from this one. */
  get pid(): number {
    return this.#host.pid;
  }

  get nats(): HostedCluster['nats'] {
    return this.#view.nats;
  }

  /** The cluster's Postgres, to read what is stored, and for a schema of our own. */
  get database(): pg.Pool {
    if (this.#pool === undefined) {
      this.#pool = new pg.Pool({
        connectionString: this.#view.administratorUrl,
        max: 2,
        application_name: 'everynode-bench',
      });
      // A server that stops closes idle connections; the next query fails and reports it.
      this.#pool.on('error', () => undefined);
    }
    return this.#pool;
  }

  /** Opens a connection for work that is timed. */
  async connectToDatabase(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#view.administratorUrl,
      application_name: 'everynode-bench',
      pipeline: true,
    });
    await client.connect();
    return client;
  }

  /** The cluster as it is now. */
  async view(): Promise<HostedCluster> {
    return (await this.#host.call({ do: 'view' })) as HostedCluster;
  }

  /** Kills a process (`scheduler-1`). It stays dead until {@link startService}. */
  async stopService(name: string): Promise<void> {
    await this.#host.call({ do: 'stop-service', name });
  }

  /** Starts a process again. Resolves when it is ready. */
  async startService(name: string): Promise<void> {
    await this.#host.call({ do: 'start-service', name });
  }

  /** Starts an agent with this many more nodes. Resolves with their names when its process is ready. */
  async addNodes(count: number): Promise<string[]> {
    return ((await this.#host.call({ do: 'add-nodes', count })) as { nodes: string[] }).nodes;
  }

  /** The credential on the bus of an agent that has no process. */
  async agentCredential(agent: string): Promise<BusCredential> {
    return (await this.#host.call({ do: 'agent-credential', agent })) as BusCredential;
  }

  async stop(): Promise<void> {
    await this.#pool?.end();
    await this.#host.stop();
  }
}

async function untilNodesReady(kubeconfig: string, nodes: number, signal: AbortSignal): Promise<void> {
  const client = await KubeClient.open(kubeconfig);
  const observation = new Observation();
  const observed = new ObservedNodes(client, observation);
  try {
    const found = () => `the nodes (${observed.ready} of ${nodes} are Ready)`;
    await observation.until(found, () => observed.ready === nodes, signal);
  } finally {
    observed.close();
    client.close();
  }
}
