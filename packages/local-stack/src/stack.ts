import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { BusCredential } from '@everynode/bus-credentials';
import { type AddedNodes, type NodesRequest, openControlChannel, type StackControl } from './control-channel.js';
import { COMMANDS } from './installation.js';
import { stopLeftoverServices } from './process/pid-file.js';
import { claimRun } from './process/single-run.js';
import { BackingServers } from './servers/backing-servers.js';
import { FrontDoor } from './services/front-door.js';
import { RunningFleet } from './services/running-fleet.js';
import { apiEnvironment, auditLogOf, replicaEnvironment } from './services/service-environment.js';
import { ServiceGroup } from './services/service-group.js';
import { unavailableAnswer } from './services/unavailable-answer.js';
import type { StackOptions } from './stack-options.js';
import type { Phase, StackStatus } from './stack-status.js';
import { type ClusterCertificates, ensureCertificates } from './state/certificates.js';
import { dropState } from './state/drop-state.js';
import { encryptionKeysIn, ensureEncryptionKeys } from './state/encryption-keys.js';
import { writeKubeconfig } from './state/kubeconfig.js';
import { makeStateDirectories, type StatePaths, statePaths } from './state/state-directory.js';

/**
 * A whole cluster on this machine: Postgres, NATS, api and scheduler replicas behind one port, and agents with
 * simulated nodes. `start` brings it up in order, `stop` takes it down in the opposite order, `kill` at once. What dies
 * in between is started again. Nothing of it outlives this process.
 */
export class Stack implements StackControl {
  readonly paths: StatePaths;
  readonly #options: StackOptions;
  readonly #stopping = new AbortController();
  readonly #backing: BackingServers;
  readonly #services: ServiceGroup;
  readonly #door: FrontDoor;
  readonly #fleet: RunningFleet;
  #phase: Phase = 'servers';
  #detail = 'starting';
  #port = 0;
  /** Answers on sockets that no api takes; until there are certificates it can only hang up. */
  #refuse: (socket: Socket) => void = (socket) => socket.destroy();
  #closeControl: (() => Promise<void>) | undefined;
  #releaseRun: (() => Promise<void>) | undefined;
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  /** Changes of the fleet, one at a time. */
  #changes: Promise<unknown> = Promise.resolve();
  #onStopRequest: () => void = () => undefined;

  constructor(options: StackOptions) {
    this.#options = options;
    this.paths = statePaths(options.stateDir);
    const { paths } = this;
    const { entry, env, launchOf, fleet, log } = options;
    this.#backing = new BackingServers({ paths, env, log });
    this.#services = new ServiceGroup({
      paths,
      entry,
      env,
      ...(launchOf === undefined ? {} : { launchOf }),
      log,
      signal: this.#stopping.signal,
    });
    this.#fleet = new RunningFleet({ paths, services: this.#services, fleet, bus: () => this.#backing.bus });
    this.#door = new FrontDoor({
      replicas: () => this.#services.apiReplicas,
      refuse: (socket) => this.#refuse(socket),
    });
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

  /**
   * Where state and bus are, with credentials that have the services' rights; Postgres as its administrator, too.
   * @throws Error until they run.
   */
  get servers(): { databaseUrl: string; administratorUrl: string; nats: { url: string; credential: BusCredential } } {
    const { databaseUrl, administratorUrl, nats } = this.#backing;
    return { databaseUrl, administratorUrl, nats };
  }

  /** Issues the credential of an agent on the bus, as for one that the stack starts. */
  agentCredential(agent: string): Promise<BusCredential> {
    return this.#backing.bus.agent(agent);
  }

  status(): StackStatus {
    return {
      phase: this.#phase,
      detail: this.#detail,
      pid: process.pid,
      endpoint: this.endpoint,
      kubeconfig: this.paths.kubeconfig,
      allowsAll: this.#options.env.EVERYNODE_AUTHORIZATION_MODE === 'AlwaysAllow',
      fleet: this.#fleet.status(),
      servers: this.#backing.status(),
      services: this.#services.controlPlaneStatus(),
      agents: this.#fleet.agentStatus(),
    };
  }

  /**
   * Resolves when the API answers and the agents run (their nodes may still be registering). Call `stop` also when it
   * fails.
   * @throws Error when something cannot start, with the end of its log, or another supervisor holds the directory.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { paths } = this;
    const { signal } = this.#stopping;
    await makeStateDirectories(paths);
    this.#releaseRun = await claimRun(paths.run);
    await stopLeftoverServices(paths.run);
    if (this.#options.fresh) await dropState(paths);
    await this.#fleet.load(this.#options.replaceFleet);
    // Before anything is started, so that a port in use is known first.
    this.#port = await this.#listen();
    this.#closeControl = await openControlChannel(paths.run, this);
    signal.throwIfAborted();

    this.#enter('servers', 'starting PostgreSQL and NATS');
    const certificates = await ensureCertificates(paths.pki, hostname(), new Date());
    await this.#backing.start(this.#fleet.agentNames, certificates);
    this.#refuse = unavailableAnswer(certificates.pem.serving);
    await writeKubeconfig(paths.kubeconfig, this.endpoint, certificates.pem.ca, certificates.pem.admin);
    signal.throwIfAborted();

    this.#enter('control-plane', 'starting the API and the scheduler');
    await this.#startControlPlane(certificates);

    this.#enter('agents', 'starting the agents');
    await this.#fleet.start();
    this.#enter('running', '');
  }

  async #listen(): Promise<number> {
    const { port } = this.#options;
    return this.#door.listen(port).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new Error(`Port ${port} is taken. Choose another one: ${COMMANDS.startWith} --port 7443`);
    });
  }

  async #startControlPlane(certificates: ClusterCertificates): Promise<void> {
    const { apiReplicas, schedulerReplicas } = this.#options;
    const { bus, databaseUrl } = this.#backing;
    const encryptionKeys =
      this.#options.env.EVERYNODE_ENCRYPTION_KEYS || (await ensureEncryptionKeys(encryptionKeysIn(this.paths.pki)));
    await this.#services.startControlPlane({
      api: {
        replicas: apiReplicas,
        env: async (name) => ({
          ...(await replicaEnvironment(bus, name)),
          ...apiEnvironment(databaseUrl, bus, certificates, this.endpoint),
          EVERYNODE_ENCRYPTION_KEYS: encryptionKeys,
          EVERYNODE_AUDIT_LOG: this.#auditLog(name),
        }),
        onExit: (replica) => this.#door.replicaGone(replica),
        onServing: () => this.#door.replicaServes(),
      },
      scheduler: {
        replicas: schedulerReplicas,
        env: async (name) => ({
          ...(await replicaEnvironment(bus, name)),
          DATABASE_URL: databaseUrl,
          EVERYNODE_ENCRYPTION_KEYS: encryptionKeys,
          EVERYNODE_ENROLMENTS: this.paths.enrolments,
          EVERYNODE_AUDIT_LOG: this.#auditLog(name),
        }),
      },
    });
  }

  #auditLog(process: string): string {
    return auditLogOf(process, this.#options.env.EVERYNODE_AUDIT_LOG ?? join(this.paths.logs, 'audit.log'));
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
    await this.#services.stop();
    await this.#backing.stop();
    await this.#closeControl?.();
    await this.#releaseRun?.();
  }

  /** Kills the services at once. Postgres and NATS end by themselves when this process does. */
  kill(): void {
    this.#services.kill();
  }

  addNodes(request: NodesRequest): Promise<AddedNodes> {
    return this.#change(() => this.#fleet.addNodes(request));
  }

  stopAgent(name: string): Promise<void> {
    return this.#change(() => this.#services.agent(name).stop('SIGKILL'));
  }

  startAgent(name: string): Promise<void> {
    return this.#change(() => this.#services.agent(name).start());
  }

  /** Kills the process of a replica or an agent, as when its machine is lost: it stays dead until `startService`. */
  stopService(name: string): Promise<void> {
    return this.#change(() => this.#services.service(name).stop('SIGKILL'));
  }

  /** Resolves when the process is ready. */
  startService(name: string): Promise<void> {
    return this.#change(() => this.#services.bringUp(this.#services.service(name)));
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
}
