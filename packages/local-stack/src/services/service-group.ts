import type { ServiceName, StackOptions } from '../stack-options.js';
import { rotatedLog } from '../state/log-files.js';
import type { StatePaths } from '../state/state-directory.js';
import { inheritedEnvironment } from './service-environment.js';
import { ServiceProcess, type ServiceStatus } from './service-process.js';

const READY_DEADLINE_MS = 120_000;

type ServiceGroupOptions = Pick<StackOptions, 'entry' | 'env' | 'launchOf' | 'log'> & {
  paths: StatePaths;
  /** Ends the wait for readiness. */
  signal: AbortSignal;
};

interface ControlPlane {
  /** `onExit` is called at each death of a replica, `onServing` when one begins to serve. */
  api: {
    replicas: number;
    /** What one replica is started with. */
    env: (replica: string) => Promise<NodeJS.ProcessEnv>;
    onExit: (replica: ServiceProcess) => void;
    onServing: () => void;
  };
  scheduler: { replicas: number; env: (replica: string) => Promise<NodeJS.ProcessEnv> };
}

/** The processes of a stack's services: api and scheduler replicas, and agents. */
export class ServiceGroup {
  readonly #options: ServiceGroupOptions;
  readonly #inherited: NodeJS.ProcessEnv;
  readonly #api: ServiceProcess[] = [];
  readonly #scheduler: ServiceProcess[] = [];
  readonly #agents = new Map<string, ServiceProcess>();

  constructor(options: ServiceGroupOptions) {
    this.#options = options;
    this.#inherited = inheritedEnvironment(options.env);
  }

  get apiReplicas(): readonly ServiceProcess[] {
    return this.#api;
  }

  /** Of the api and scheduler replicas. */
  controlPlaneStatus(): ServiceStatus[] {
    return [...this.#api, ...this.#scheduler].map((service) => service.status());
  }

  /** Undefined when there is no such agent yet. */
  agentStatus(name: string): ServiceStatus | undefined {
    return this.#agents.get(name)?.status();
  }

  /** Starts all replicas of api and scheduler, and resolves when they are ready. */
  async startControlPlane({ api, scheduler }: ControlPlane): Promise<void> {
    for (let number = 1; number <= api.replicas; number += 1) {
      const name = `api-${number}`;
      const replica: ServiceProcess = this.#create('api', name, await api.env(name), {
        onExit: () => api.onExit(replica),
        onServing: api.onServing,
      });
      this.#api.push(replica);
    }
    for (let number = 1; number <= scheduler.replicas; number += 1) {
      const name = `scheduler-${number}`;
      this.#scheduler.push(this.#create('scheduler', name, await scheduler.env(name)));
    }
    await Promise.all([...this.#api, ...this.#scheduler].map((replica) => this.bringUp(replica)));
  }

  addAgent(name: string, env: NodeJS.ProcessEnv): ServiceProcess {
    const agent = this.#create('node-agent', name, env);
    this.#agents.set(name, agent);
    return agent;
  }

  /** @throws Error that names the agents when there is no such agent. */
  agent(name: string): ServiceProcess {
    const agent = this.#agents.get(name);
    if (agent === undefined) {
      throw new Error(`there is no agent ${JSON.stringify(name)}; there are ${[...this.#agents.keys()].join(', ')}`);
    }
    return agent;
  }

  /** A replica or an agent. @throws Error when there is no such process. */
  service(name: string): ServiceProcess {
    const service = this.#all().find((one) => one.name === name);
    if (service === undefined) throw new Error(`there is no process ${JSON.stringify(name)}`);
    return service;
  }

  /** Starts a process and resolves when it is ready. */
  async bringUp(service: ServiceProcess): Promise<void> {
    await rotatedLog(this.#options.paths.logs, service.name);
    await service.start();
    await service.untilReady(READY_DEADLINE_MS, this.#options.signal);
  }

  /** Agents first, then what they report to. */
  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
    await Promise.all(this.#api.map((service) => service.stop()));
    await Promise.all(this.#scheduler.map((service) => service.stop()));
  }

  kill(): void {
    for (const service of this.#all()) void service.stop('SIGKILL');
  }

  #all(): ServiceProcess[] {
    return [...this.#agents.values(), ...this.#api, ...this.#scheduler];
  }

  #create(
    service: ServiceName,
    name: string,
    env: NodeJS.ProcessEnv,
    listeners: { onExit?: () => void; onServing?: () => void } = {},
  ): ServiceProcess {
    const { entry, launchOf, log, paths } = this.#options;
    const { onExit, onServing } = listeners;
    return new ServiceProcess({
      name,
      entry: entry(service),
      env: { ...this.#inherited, ...env },
      launchOf,
      logsDir: paths.logs,
      runDir: paths.run,
      onExit: (how) => {
        log(`${name} ended (${how}), starting it again`);
        onExit?.();
      },
      ...(onServing && { onServing }),
    });
  }
}
