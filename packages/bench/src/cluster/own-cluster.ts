import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { KubeClient } from '../client/kube-client.js';
import { Observation } from '../observe/observation.js';
import { ObservedNodes } from '../observe/observed-nodes.js';
import type { Answer, Call, ClusterSize, HostedCluster } from './host-protocol.js';

export type { ClusterSize } from './host-protocol.js';

const STOP_DEADLINE_MS = 60_000;
const startDeadlineMs = (nodes: number): number => 90_000 + 10 * nodes;

type Request = Call extends infer C ? (C extends { number: number } ? Omit<C, 'number'> : never) : never;

/** A fresh cluster in processes of its own, away from the one of the checkout. It ends when this process ends. */
export class OwnCluster {
  readonly size: ClusterSize;
  /** From the start of the first process until all nodes are Ready, in ms. */
  readonly startMs: number;
  readonly #host: Host;
  readonly #view: HostedCluster;
  #pool: pg.Pool | undefined;

  private constructor(size: ClusterSize, host: Host, view: HostedCluster, startMs: number) {
    this.size = size;
    this.#host = host;
    this.#view = view;
    this.startMs = startMs;
  }

  /** `env` is for all services. Rejects with the end of a log when something does not start; nothing runs then. */
  static async start(size: ClusterSize, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<OwnCluster> {
    const began = performance.now();
    const within = AbortSignal.any([signal, AbortSignal.timeout(startDeadlineMs(size.nodes))]);
    const host = await Host.start(size, env);
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

  /** The cluster's Postgres, for reading what is, and for a schema of our own. */
  get database(): pg.Pool {
    if (this.#pool === undefined) {
      this.#pool = new pg.Pool({
        connectionString: this.#view.databaseUrl,
        max: 2,
        application_name: 'everynode-bench',
      });
      // A server that goes away takes idle connections with it; the next query tells.
      this.#pool.on('error', () => undefined);
    }
    return this.#pool;
  }

  /** A connection of its own, for work that is timed. */
  async connectToDatabase(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#view.databaseUrl,
      application_name: 'everynode-bench',
      pipeline: true,
    });
    await client.connect();
    return client;
  }

  /** As it is now. */
  async view(): Promise<HostedCluster> {
    return (await this.#host.call({ do: 'view' })) as HostedCluster;
  }

  /** Kills a process (`scheduler-1`), which stays dead until it is started again. */
  async stopService(name: string): Promise<void> {
    await this.#host.call({ do: 'stop-service', name });
  }

  /** Resolves when it is ready. */
  async startService(name: string): Promise<void> {
    await this.#host.call({ do: 'start-service', name });
  }

  /** Starts an agent with this many nodes more; resolves when its process is ready. */
  async addNodes(count: number): Promise<string[]> {
    return ((await this.#host.call({ do: 'add-nodes', count })) as { nodes: string[] }).nodes;
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

/** The process that runs the cluster, see cluster-host.ts. */
class Host {
  readonly #child: ChildProcess;
  readonly #stateDir: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #calls = 0;
  #early: Answer | undefined;

  private constructor(child: ChildProcess, stateDir: string) {
    this.#child = child;
    this.#stateDir = stateDir;
    child.on('message', (answer: Answer) => {
      const take = this.#answers.get(answer.to);
      this.#answers.delete(answer.to);
      if (take) take(answer);
      else if (answer.to === 0) this.#early = answer;
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        for (const [to, take] of this.#answers) take({ to, error: 'the cluster has ended' });
        this.#answers.clear();
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  static async start(size: ClusterSize, env: NodeJS.ProcessEnv): Promise<Host> {
    const stateDir = await mkdtemp(join(tmpdir(), 'everynode-bench-'));
    // From sources (with a loader in execArgv) as from the build.
    const file = import.meta.url.endsWith('.ts') ? 'cluster-host.ts' : 'cluster-host.js';
    const program = fileURLToPath(new URL(file, import.meta.url));
    // Servers that the user runs are none of ours to fill.
    const { DATABASE_URL: _database, NATS_URL: _nats, ...around } = process.env;
    const child = fork(program, [stateDir, JSON.stringify(size)], {
      env: { ...around, EVERYNODE_LOG_LEVEL: 'warn', ...env },
      // A terminal's Ctrl-C reaches the bench alone, which stops things in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Host(child, stateDir);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async answerTo(number: number, signal?: AbortSignal): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (number === 0 && this.#early) resolve(this.#early);
      else if (this.#hasEnded) resolve({ to: number, error: 'the cluster has ended' });
      else this.#answers.set(number, resolve);
      signal?.addEventListener(
        'abort',
        () => reject(new Error('gave up waiting for the cluster', { cause: signal.reason })),
        {
          once: true,
        },
      );
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  call(request: Request): Promise<unknown> {
    this.#calls += 1;
    const number = this.#calls;
    const answer = this.answerTo(number);
    if (this.#child.connected) this.#child.send({ ...request, number });
    return answer;
  }

  /** Stops it, and kills it when that takes too long: what it started ends with it. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    // A closed channel is the same to it as the end of the bench.
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
    clearTimeout(timer);
    await rm(this.#stateDir, { recursive: true, force: true });
  }
}
