import { readFile } from 'node:fs/promises';
import { authorityOf, type BusCredential } from '@everynode/bus-credentials';
import { type KeptServer, keepRunning } from '../process/kept-server.js';
import type { BusAccess } from '../services/service-environment.js';
import type { ServerStatus } from '../stack-status.js';
import type { ClusterCertificates } from '../state/certificates.js';
import { rotatedLog } from '../state/log-files.js';
import type { StatePaths } from '../state/state-directory.js';
import { CredentialIssuer } from './bus-credentials.js';
import { authorityIn, type RunningNats, startNats } from './nats.js';
import { startPostgres } from './postgres.js';
import type { RunningPostgres } from './postgres-process.js';
import { prepareForServices } from './postgres-service-role.js';

interface BackingServersOptions {
  paths: StatePaths;
  /**
   * `DATABASE_URL` and `NATS_URL` name servers of the user's: those are not started. A NATS server comes with the files
   * `NATS_AUTHORITY`, the secret of its accounts, and `NATS_CA`.
   */
  env: NodeJS.ProcessEnv;
  log: (message: string) => void;
}

const YOUR_OWN = { state: 'not watched', since: null, restarts: 0, lastExit: null } as const;
const STARTING = { ...YOUR_OWN, state: 'starting' } as const;

const portOf = (previous: { port: number } | undefined) => (previous === undefined ? {} : { port: previous.port });

/** The database and the bus of a stack: its own, which are started again when they die, or the user's. */
export class BackingServers {
  readonly #options: BackingServersOptions;
  #postgres: KeptServer<RunningPostgres> | undefined;
  #nats: KeptServer<RunningNats> | undefined;
  #databaseUrl = '';
  #administratorUrl = '';
  #bus: BusAccess | undefined;
  #credential: BusCredential | undefined;
  /** For the user's own bus. */
  #issuer: CredentialIssuer | undefined;

  constructor(options: BackingServersOptions) {
    this.#options = options;
  }

  /** The database with the credential of the services. Empty until it runs. */
  get databaseUrl(): string {
    return this.#databaseUrl;
  }

  /** The database with the credential of its administrator: for work that is no service's. Empty until it runs. */
  get administratorUrl(): string {
    return this.#administratorUrl;
  }

  /** @throws Error until the bus runs. */
  get bus(): BusAccess {
    if (this.#bus === undefined) throw new Error('the bus has not been started');
    return this.#bus;
  }

  /** The address of the bus, with a credential that has the rights of the services. @throws Error until it runs. */
  get nats(): { url: string; credential: BusCredential } {
    if (this.#credential === undefined) throw new Error('the bus has not been started');
    return { url: this.bus.url, credential: this.#credential };
  }

  /** Resolves when both run. The bus knows `agents` from the start. */
  async start(agents: string[], certificates: ClusterCertificates): Promise<void> {
    await Promise.all([this.#startPostgres(), this.#startNats(agents, certificates)]);
    this.#credential = await this.bus.service('services');
  }

  async stop(): Promise<void> {
    await this.#issuer?.close();
    await this.#nats?.stop();
    await this.#postgres?.stop();
  }

  status(): ServerStatus[] {
    const { DATABASE_URL, NATS_URL } = this.#options.env;
    return [
      {
        name: 'postgres',
        description: this.#describePostgres(DATABASE_URL),
        ...(DATABASE_URL ? YOUR_OWN : (this.#postgres?.health ?? STARTING)),
      },
      {
        name: 'nats',
        description: NATS_URL ? 'your own, from NATS_URL' : (this.#nats?.current.url ?? 'starting'),
        ...(NATS_URL ? YOUR_OWN : (this.#nats?.health ?? STARTING)),
      },
    ];
  }

  #describePostgres(databaseUrl: string | undefined): string {
    if (databaseUrl) return 'your own, from DATABASE_URL';
    if (this.#postgres === undefined) return 'starting';
    const { version, port } = this.#postgres.current;
    return `PostgreSQL ${version} on 127.0.0.1:${port}`;
  }

  async #startPostgres(): Promise<void> {
    const { env, log, paths } = this.#options;
    if (env.DATABASE_URL) {
      this.#databaseUrl = env.DATABASE_URL;
      this.#administratorUrl = env.DATABASE_URL;
      return;
    }
    const logFile = await rotatedLog(paths.logs, 'postgres');
    this.#postgres = await keepRunning<RunningPostgres>(
      'PostgreSQL',
      (previous) => startPostgres({ dir: paths.postgres, logFile, log, ...portOf(previous) }),
      log,
    );
    this.#administratorUrl = this.#postgres.current.url;
    this.#databaseUrl = await prepareForServices(paths.postgres, this.#administratorUrl);
  }

  async #startNats(agents: string[], certificates: ClusterCertificates): Promise<void> {
    const { env, log, paths } = this.#options;
    if (env.NATS_URL) {
      this.#bus = await this.#usersBus(env.NATS_URL);
      return;
    }
    const logFile = await rotatedLog(paths.logs, 'nats');
    // A server that is started again renews the credentials of agents that were added meanwhile, too.
    const known = new Set(agents);
    const nats = await keepRunning<RunningNats>(
      'NATS',
      (previous) => startNats({ dir: paths.nats, certificates, logFile, log, agents: [...known], ...portOf(previous) }),
      log,
    );
    this.#nats = nats;
    this.#bus = {
      url: nats.current.url,
      authorityFile: authorityIn(paths.nats),
      service: (name) => nats.current.addService(name),
      agent: (name) => {
        known.add(name);
        return nats.current.addAgent(name);
      },
    };
  }

  async #usersBus(url: string): Promise<BusAccess> {
    const { env, log, paths } = this.#options;
    if (!env.NATS_AUTHORITY || !env.NATS_CA) {
      throw new Error(
        'NATS_URL needs NATS_AUTHORITY and NATS_CA: the files with the secret of its accounts and its CA',
      );
    }
    const authority = authorityOf(await readFile(env.NATS_AUTHORITY, 'utf8'));
    const issuer = await CredentialIssuer.open({ url, caFile: env.NATS_CA, authority, dir: paths.nats, log });
    this.#issuer = issuer;
    return {
      url,
      authorityFile: env.NATS_AUTHORITY,
      service: (name) => issuer.service(name),
      agent: (name) => issuer.agent(name),
    };
  }
}
