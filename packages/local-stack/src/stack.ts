import { readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AddedNodes, type NodesRequest, openControlChannel, type StackControl } from './control-channel.js';
import { type KeptServer, keepRunning } from './process/kept-server.js';
import { stopLeftoverServices } from './process/pid-file.js';
import { claimRun } from './process/single-run.js';
import { dropNatsData, type RunningNats, startNats } from './servers/nats.js';
import type { NatsUser } from './servers/nats-config.js';
import { dropPostgresData, type RunningPostgres, startPostgres } from './servers/postgres.js';
import { type AgentSpec, type Fleet, nextAgent, nextNodeNames, nodeCount, workerNode } from './services/fleet.js';
import { FrontDoor } from './services/front-door.js';
import { ServiceProcess } from './services/service-process.js';
import type { Phase, StackStatus } from './stack-status.js';
import { type ClusterCertificates, ensureCertificates } from './state/certificates.js';
import { writeKubeconfig } from './state/kubeconfig.js';
import { sizeOf } from './state/last-lines.js';
import { readIfPresent, writeSecretFile } from './state/private-files.js';
import { makeStateDirectories, type StatePaths, statePaths } from './state/state-directory.js';

const READY_DEADLINE_MS = 120_000;
/** A log that is longer at a start is put aside; one older generation is kept. */
const LONG_LOG_BYTES = 16 * 1024 * 1024;

export type ServiceName = 'api' | 'scheduler' | 'node-agent';

export interface StackOptions {
  /** Everything that the stack writes goes here. */
  stateDir: string;
  /** The script of a service, an absolute path. */
  entry: (service: ServiceName) => string;
  /** Of the Kubernetes API on 127.0.0.1; 0 picks a free one. */
  port: number;
  apiReplicas: number;
  schedulerReplicas: number;
  /** The fleet for a state directory that has none; with `replaceFleet` for any. */
  fleet: Fleet;
  replaceFleet: boolean;
  /** Drop state, certificates and logs of earlier runs first. */
  fresh: boolean;
  /** More environment for all services, and `DATABASE_URL`, `NATS_URL` … of servers that the user runs. */
  env: NodeJS.ProcessEnv;
  /** Hears what happens, for a log. */
  log: (message: string) => void;
}

/** Where the bus is and who may use it: ours with a user for each agent, or the user's own. */
interface Bus {
  url: string;
  services: Partial<NatsUser>;
  agent(name: string): Promise<Partial<NatsUser>>;
}

function busEnvironment(url: string, { user, password }: Partial<NatsUser>): NodeJS.ProcessEnv {
  return {
    NATS_URL: url,
    ...(user === undefined ? {} : { NATS_USER: user }),
    ...(password === undefined ? {} : { NATS_PASSWORD: password }),
  };
}

/** Variables that decide what a service connects to: children get ours, not what happened to be around. */
const DECIDED = /^(DATABASE_URL|NATS_.*|EVERYNODE_(REPLICA|AGENT|NODES_FILE|HEALTH_.*|API_.*|TLS_.*|CLIENT_CA))$/;

/**
 * A whole cluster on this machine: Postgres, NATS, api and scheduler replicas behind one port, and agents with simulated
 * nodes. `start` brings it up in order, `stop` takes it down in the opposite order, `kill` at once. What dies in between
 * is started again. Nothing of it outlives this process.
 */
export class Stack implements StackControl {
  readonly paths: StatePaths;
  readonly #options: StackOptions;
  readonly #stopping = new AbortController();
  readonly #api: ServiceProcess[] = [];
  readonly #scheduler: ServiceProcess[] = [];
  readonly #agents = new Map<string, ServiceProcess>();
  readonly #door = new FrontDoor(() => this.#api);
  #fleet: Fleet;
  #bus: Bus | undefined;
  #postgres: KeptServer<RunningPostgres> | undefined;
  #nats: KeptServer<RunningNats> | undefined;
  #databaseUrl = '';
  #phase: Phase = 'servers';
  #detail = 'starting';
  #port = 0;
  #closeControl: (() => Promise<void>) | undefined;
  #release: (() => Promise<void>) | undefined;
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  /** Changes of the fleet, one at a time. */
  #changes: Promise<unknown> = Promise.resolve();
  #onStopRequest: () => void = () => undefined;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#fleet = options.fleet;
    this.paths = statePaths(options.stateDir);
  }

  /** Called when the control channel asks for a stop. */
  onStopRequest(listener: () => void): void {
    this.#onStopRequest = listener;
  }

  requestStop(): void {
    this.#onStopRequest();
  }

  get endpoint(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  status(): StackStatus {
    const agents = this.#fleet.agents.flatMap((spec) => {
      const agent = this.#agents.get(spec.agent);
      const nodes = nodeCount({ ...this.#fleet, agents: [spec] });
      return agent === undefined ? [] : [{ ...agent.status(), nodes }];
    });
    const { DATABASE_URL, NATS_URL } = this.#options.env;
    return {
      phase: this.#phase,
      detail: this.#detail,
      pid: process.pid,
      endpoint: this.endpoint,
      kubeconfig: this.paths.kubeconfig,
      fleet: { kind: this.#fleet.kind, nodes: nodeCount(this.#fleet) },
      servers: [
        {
          name: 'postgres',
          description: DATABASE_URL
            ? 'your own, from DATABASE_URL'
            : this.#postgres === undefined
              ? 'starting'
              : `PostgreSQL ${this.#postgres.current.version} on 127.0.0.1:${this.#postgres.current.port}`,
          restarts: this.#postgres?.restarts ?? 0,
        },
        {
          name: 'nats',
          description: NATS_URL ? 'your own, from NATS_URL' : (this.#nats?.current.url ?? 'starting'),
          restarts: this.#nats?.restarts ?? 0,
        },
      ],
      services: [...this.#api, ...this.#scheduler].map((service) => service.status()),
      agents,
    };
  }

  /**
   * Resolves when the API answers and the agents run (their nodes may still be registering). Rejects when something
   * cannot start, with its log's end, or another supervisor holds the directory; call `stop` then, too.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { paths } = this;
    const { signal } = this.#stopping;
    await makeStateDirectories(paths);
    this.#release = await claimRun(paths.run);
    await stopLeftoverServices(paths.run);
    if (this.#options.fresh) await this.#dropState();
    await this.#loadFleet();
    // First of all, so that a taken port is known before anything is started.
    this.#port = await this.#door.listen(this.#options.port).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new Error(`Port ${this.#options.port} is taken. Choose another one: npm start -- --port 7443`);
    });
    this.#closeControl = await openControlChannel(paths.run, this);
    signal.throwIfAborted();

    this.#enter('servers', 'starting PostgreSQL and NATS');
    const [certificates] = await Promise.all([
      ensureCertificates(paths.pki, hostname(), new Date()),
      this.#startPostgres(),
      this.#startNats(),
    ]);
    await writeKubeconfig(paths.kubeconfig, this.endpoint, certificates.pem.ca, certificates.pem.admin);
    signal.throwIfAborted();

    this.#enter('control-plane', 'starting the API and the scheduler');
    this.#createControlPlane(certificates);
    await Promise.all([...this.#api, ...this.#scheduler].map((service) => this.#bringUp(service)));

    this.#enter('agents', 'starting the agents');
    await Promise.all(this.#fleet.agents.map(async (spec) => this.#bringUp(await this.#createAgent(spec))));
    this.#enter('running', '');
  }

  /** Clean stop: no new connections, agents, control plane, bus, database. Safe at any time, also during `start`. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#enter('stopping', 'stopping');
    this.#stopping.abort(new Error('stopped before it was up'));
    // A step that is under way ends first, so that what it starts is known and stopped below.
    await Promise.all([this.#starting?.catch(() => undefined), this.#changes]);
    this.#door.close();
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
    await Promise.all(this.#api.map((service) => service.stop()));
    await Promise.all(this.#scheduler.map((service) => service.stop()));
    await this.#nats?.stop();
    await this.#postgres?.stop();
    await this.#closeControl?.();
    await this.#release?.();
  }

  /** For the impatient: kills the services. Postgres and NATS end by themselves when this process does. */
  kill(): void {
    for (const service of [...this.#agents.values(), ...this.#api, ...this.#scheduler]) void service.stop('SIGKILL');
  }

  addNodes({ names, count = 0, labels, taints }: NodesRequest): Promise<AddedNodes> {
    return this.#change(async () => {
      const nodes = names ?? nextNodeNames(this.#fleet, count);
      if (nodes.length === 0) throw new Error('name at least one node, or give a count');
      const spec = nextAgent(
        this.#fleet,
        nodes.map((name) => workerNode(name, labels, taints)),
      );
      this.#fleet = { ...this.#fleet, agents: [...this.#fleet.agents, spec] };
      await this.#saveFleet();
      await this.#bringUp(await this.#createAgent(spec));
      return { agent: spec.agent, nodes };
    });
  }

  stopAgent(name: string): Promise<void> {
    return this.#change(() => this.#agent(name).stop('SIGKILL'));
  }

  startAgent(name: string): Promise<void> {
    return this.#change(() => this.#agent(name).start());
  }

  /** Kills the process of a replica or an agent, as when its machine is lost: it stays dead until `startService`. */
  stopService(name: string): Promise<void> {
    return this.#change(() => this.#service(name).stop('SIGKILL'));
  }

  /** Resolves when the process is ready. */
  startService(name: string): Promise<void> {
    return this.#change(() => this.#bringUp(this.#service(name)));
  }

  /** Where the state and the bus are, with the credentials of the services. Empty until they run. */
  get servers(): { databaseUrl: string; nats: { url: string } & Partial<NatsUser> } {
    return { databaseUrl: this.#databaseUrl, nats: { url: this.#bus?.url ?? '', ...this.#bus?.services } };
  }

  #agent(name: string): ServiceProcess {
    const agent = this.#agents.get(name);
    if (agent === undefined) {
      throw new Error(`there is no agent ${JSON.stringify(name)}; there are ${[...this.#agents.keys()].join(', ')}`);
    }
    return agent;
  }

  #service(name: string): ServiceProcess {
    const service = [...this.#api, ...this.#scheduler, ...this.#agents.values()].find((one) => one.name === name);
    if (service === undefined) throw new Error(`there is no process ${JSON.stringify(name)}`);
    return service;
  }

  #change<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(() => {
      if (this.#phase !== 'running') throw new Error(`the cluster is not up (${this.#phase})`);
      return action();
    });
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  #enter(phase: Phase, detail: string): void {
    this.#phase = phase;
    this.#detail = detail;
    this.#options.log(detail === '' ? phase : detail);
  }

  async #dropState(): Promise<void> {
    const { agents, demoCreated, fleet, kubeconfig, logs, nats, pki, postgres } = this.paths;
    for (const path of [agents, demoCreated, fleet, kubeconfig, pki]) await rm(path, { recursive: true, force: true });
    for (const name of await readdir(logs)) if (!name.startsWith('supervisor.')) await rm(join(logs, name));
    await Promise.all([dropPostgresData(postgres), dropNatsData(nats)]);
    await makeStateDirectories(this.paths);
  }

  async #loadFleet(): Promise<void> {
    const known = await readIfPresent(this.paths.fleet);
    if (known !== undefined && !this.#options.replaceFleet) this.#fleet = JSON.parse(known) as Fleet;
    await this.#saveFleet();
  }

  async #saveFleet(): Promise<void> {
    await writeSecretFile(this.paths.fleet, `${JSON.stringify(this.#fleet)}\n`);
  }

  async #startPostgres(): Promise<void> {
    const { env, log } = this.#options;
    if (env.DATABASE_URL) {
      this.#databaseUrl = env.DATABASE_URL;
      return;
    }
    const logFile = await this.#logFile('postgres');
    this.#postgres = await keepRunning<RunningPostgres>(
      'PostgreSQL',
      (previous) =>
        startPostgres({
          dir: this.paths.postgres,
          logFile,
          log,
          ...(previous === undefined ? {} : { port: previous.port }),
        }),
      log,
    );
    this.#databaseUrl = this.#postgres.current.url;
  }

  async #startNats(): Promise<void> {
    const { env, log } = this.#options;
    if (env.NATS_URL) {
      const own: Partial<NatsUser> = {
        ...(env.NATS_USER === undefined ? {} : { user: env.NATS_USER }),
        ...(env.NATS_PASSWORD === undefined ? {} : { password: env.NATS_PASSWORD }),
      };
      this.#bus = { url: env.NATS_URL, services: own, agent: () => Promise.resolve(own) };
      return;
    }
    const logFile = await this.#logFile('nats');
    const agents = this.#fleet.agents.map(({ agent }) => agent);
    const nats = await keepRunning<RunningNats>(
      'NATS',
      (previous) =>
        startNats({
          dir: this.paths.nats,
          logFile,
          log,
          agents,
          ...(previous === undefined ? {} : { port: previous.port }),
        }),
      log,
    );
    this.#nats = nats;
    const { url, services } = nats.current;
    this.#bus = { url, services, agent: (name) => nats.current.addAgent(name) };
  }

  #createControlPlane(certificates: ClusterCertificates): void {
    const { apiReplicas, schedulerReplicas } = this.#options;
    const bus = this.#bus;
    if (bus === undefined) throw new Error('the bus has not been started');
    const shared = { ...busEnvironment(bus.url, bus.services), DATABASE_URL: this.#databaseUrl };
    for (let number = 1; number <= apiReplicas; number += 1) {
      const replica: ServiceProcess = this.#createService(
        'api',
        `api-${number}`,
        {
          ...shared,
          EVERYNODE_API_HOST: '127.0.0.1',
          EVERYNODE_API_PORT: '0',
          EVERYNODE_TLS_CERT: certificates.serving.certificateFile,
          EVERYNODE_TLS_KEY: certificates.serving.keyFile,
          EVERYNODE_CLIENT_CA: certificates.caFile,
        },
        () => this.#door.replicaGone(replica),
      );
      this.#api.push(replica);
    }
    for (let number = 1; number <= schedulerReplicas; number += 1) {
      this.#scheduler.push(this.#createService('scheduler', `scheduler-${number}`, shared));
    }
  }

  async #createAgent(spec: AgentSpec): Promise<ServiceProcess> {
    const bus = this.#bus;
    if (bus === undefined) throw new Error('the bus has not been started');
    const nodesFile = join(this.paths.agents, `${spec.agent}.json`);
    await writeSecretFile(nodesFile, `${JSON.stringify(spec.file, null, 2)}\n`);
    const agent = this.#createService('node-agent', spec.agent, {
      ...busEnvironment(bus.url, await bus.agent(spec.agent)),
      EVERYNODE_AGENT: spec.agent,
      EVERYNODE_NODES_FILE: nodesFile,
    });
    this.#agents.set(spec.agent, agent);
    return agent;
  }

  #createService(
    service: ServiceName,
    name: string,
    env: NodeJS.ProcessEnv,
    afterExit: () => void = () => undefined,
  ): ServiceProcess {
    const inherited = Object.entries(this.#options.env).filter(([variable]) => !DECIDED.test(variable));
    return new ServiceProcess({
      name,
      entry: this.#options.entry(service),
      env: { ...Object.fromEntries(inherited), ...env },
      logsDir: this.paths.logs,
      runDir: this.paths.run,
      onExit: (how) => {
        this.#options.log(`${name} ended (${how}), starting it again`);
        afterExit();
      },
    });
  }

  async #bringUp(service: ServiceProcess): Promise<void> {
    await this.#logFile(service.name);
    await service.start();
    await service.untilReady(READY_DEADLINE_MS, this.#stopping.signal);
  }

  /** The log's path; an old long one has been put aside. */
  async #logFile(name: string): Promise<string> {
    const path = join(this.paths.logs, `${name}.log`);
    if ((await sizeOf(path)) > LONG_LOG_BYTES) await rename(path, `${path}.1`);
    return path;
  }
}
