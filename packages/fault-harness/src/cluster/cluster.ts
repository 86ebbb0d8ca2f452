import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceStatus } from '@everynode/local-stack';
import pg from 'pg';
import { AgentNetworks } from './agent-networks.js';
import { HostProcess } from './host-process.js';
import type { ClusterSize, ClusterView } from './host-protocol.js';
import { Routes } from './routes.js';
import { signalIfThere } from './signals.js';
import { mountSmallDisks } from './small-disks.js';

const POSTGRES_TRY_MS = 2000;
const RUNS_WITHIN_MS = 10_000;

export interface ClusterOptions {
  size: ClusterSize;
  /** For all services. */
  env: NodeJS.ProcessEnv;
  /** Folders of the state that are mounted as file systems of so many MiB, which only root may do. */
  disks: Record<string, number>;
  /** Each agent runs in a network namespace of its own, which only root may make. */
  hasNamespaces: boolean;
}

/** The cluster under test: its processes, their routes to Postgres and NATS, and ways to look at it from outside. */
export class Cluster {
  readonly routes: Routes;
  /** The network namespaces of the agents, when they run in some. */
  readonly networks: AgentNetworks | undefined;
  readonly size: ClusterSize;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #host!: HostProcess;
  #view!: ClusterView;
  #unmount: () => Promise<void> = () => Promise.resolve();

  private constructor(folder: string, { size, env, hasNamespaces }: ClusterOptions) {
    this.networks = hasNamespaces ? new AgentNetworks() : undefined;
    this.routes = new Routes(this.networks);
    this.#folder = folder;
    this.size = size;
    this.#env = env;
  }

  /** Starts a fresh cluster whose state and logs are in `folder`. */
  static async start(folder: string, options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(folder, options);
    cluster.#unmount = await mountSmallDisks(cluster.stateDir, options.disks);
    try {
      await cluster.#startHost(0);
    } catch (error) {
      await cluster.#giveBack();
      throw error;
    }
    return cluster;
  }

  get stateDir(): string {
    return join(this.#folder, 'state');
  }

  get kubeconfig(): string {
    return this.#view.kubeconfig;
  }

  get databaseUrl(): string {
    return this.#view.databaseUrl;
  }

  get nats(): ClusterView['nats'] {
    return this.#view.nats;
  }

  get supervisorPid(): number {
    return this.#host.pid;
  }

  /** Starts the supervisor again on the state that is there: after {@link killSupervisor}. */
  async restart(): Promise<void> {
    await this.routes.close();
    await this.#startHost(Number(new URL(this.#view.endpoint).port));
  }

  async killSupervisor(): Promise<void> {
    await this.#host.kill();
  }

  async endSupervisor(): Promise<void> {
    await this.#host.stop();
  }

  /** All processes as the supervisor sees them now. */
  async services(): Promise<ServiceStatus[]> {
    const { services, agents } = await this.#host.call<ClusterView>({ do: 'view' });
    return [...services, ...agents];
  }

  /** @throws Error when the process does not run now. */
  async pidOf(name: string): Promise<number> {
    if (name === 'nats') return Number(await readFile(join(this.stateDir, 'nats', 'nats.pid'), 'utf8'));
    if (name === 'postgres') {
      return Number((await readFile(join(this.stateDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    }
    const pid = (await this.services()).find((service) => service.name === name)?.pid;
    if (!pid) throw new Error(`${name} does not run`);
    return pid;
  }

  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pidOf(name), signal);
  }

  /** Kills a process that may be between two starts. @throws Error when it does not run within 10 s. */
  async killWhenItRuns(name: string): Promise<void> {
    for (const until = performance.now() + RUNS_WITHIN_MS; ; await delay(100)) {
      const pid = (await this.services()).find((service) => service.name === name)?.pid;
      if (pid) {
        signalIfThere(pid, 'SIGKILL');
        return;
      }
      if (performance.now() > until) throw new Error(`${name} does not run`);
    }
  }

  /** Runs SQL as the superuser, not by way of a proxy. @throws Error while Postgres is away. */
  async sql<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const client = new pg.Client({
      connectionString: this.#view.administratorUrl,
      connectionTimeoutMillis: POSTGRES_TRY_MS,
      query_timeout: POSTGRES_TRY_MS,
      application_name: 'everynode-faults',
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<R>(text, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Resolves when every process is ready. @throws Error that names those that are not, after `deadlineMs`. */
  async untilReady(deadlineMs: number): Promise<void> {
    for (const until = performance.now() + deadlineMs; ; await delay(100)) {
      const waiting = (await this.services()).filter(({ state }) => state !== 'ready');
      if (waiting.length === 0) return;
      if (performance.now() > until) throw new Error(`not ready: ${waiting.map(({ name }) => name).join(', ')}`);
    }
  }

  async stop(): Promise<void> {
    await this.#host.stop();
    await this.#giveBack();
  }

  /** What outlives the processes. */
  async #giveBack(): Promise<void> {
    await this.routes.close();
    this.networks?.close();
    await this.#unmount();
  }

  /** Port 0: for the first time, on a free one. */
  async #startHost(port: number): Promise<void> {
    this.#host = await HostProcess.start({
      request: { ...this.size, stateDir: this.stateDir, fresh: port === 0, port },
      env: this.#env,
      logFile: join(this.#folder, 'supervisor.log'),
      launchOf: this.routes.launchOf,
    });
    this.#view = await this.#host.call<ClusterView>({ do: 'view' });
  }
}
