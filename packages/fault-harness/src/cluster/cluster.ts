import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceStatus } from '@everynode/local-stack';
import pg from 'pg';
import { HostProcess } from './host-process.js';
import type { ClusterSize, ClusterView } from './host-protocol.js';
import { Routes } from './routes.js';
import { mountSmallDisks } from './small-disks.js';

const POSTGRES_TRY_MS = 2000;

/** The cluster under test: its processes, their routes to Postgres and NATS, and ways to look at it from outside. */
export class Cluster {
  readonly routes = new Routes();
  readonly size: ClusterSize;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #host!: HostProcess;
  #view!: ClusterView;
  #unmount: () => Promise<void> = () => Promise.resolve();

  private constructor(folder: string, size: ClusterSize, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.size = size;
    this.#env = env;
  }

  /**
   * Starts a fresh cluster whose state and logs are in `folder`. `env` is for all services. Each of `disks` is a folder
   * of the state that is mounted as a file system of so many MiB, which only root may do.
   */
  static async start(
    folder: string,
    size: ClusterSize,
    env: NodeJS.ProcessEnv,
    disks: Record<string, number> = {},
  ): Promise<Cluster> {
    const cluster = new Cluster(folder, size, env);
    cluster.#unmount = await mountSmallDisks(cluster.stateDir, disks);
    try {
      await cluster.#startHost(0);
    } catch (error) {
      await cluster.#unmount();
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

  stopService(name: string): Promise<void> {
    return this.#host.call({ do: 'stop-service', name });
  }

  startService(name: string): Promise<void> {
    return this.#host.call({ do: 'start-service', name });
  }

  /** Runs SQL as the superuser, not by way of a proxy. @throws Error while Postgres is away. */
  async sql<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
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
    await this.routes.close();
    await this.#unmount();
  }

  /** Port 0: for the first time, on a free one. */
  async #startHost(port: number): Promise<void> {
    this.#host = await HostProcess.start({
      request: { ...this.size, stateDir: this.stateDir, fresh: port === 0, port },
      env: this.#env,
      logFile: join(this.#folder, 'supervisor.log'),
      environmentOf: this.routes.environmentOf,
    });
    this.#view = await this.#host.call<ClusterView>({ do: 'view' });
  }
}
