import { freePort, type Launch } from '@everynode/local-stack';
import { TcpProxy } from '@everynode/test-kit';
import type { AgentNetwork, AgentNetworks } from './agent-networks.js';

const LOOPBACK = '127.0.0.1';

/** The ways of one process to its servers, and what a fault changed for its next start. */
export interface Route {
  /** Agents have none. */
  postgres: TcpProxy | undefined;
  nats: TcpProxy;
  /** Of an agent in a network namespace: to its health port there. */
  health: TcpProxy | undefined;
  /** Of an api: a port of its own, beside the front door. */
  apiPort: number | undefined;
}

/** Gives every process of the cluster a proxy of its own to Postgres and to NATS. */
export class Routes {
  readonly #routes = new Map<string, Route>();
  /** Of the apis: clients go on with them when a new supervisor has started. */
  readonly #apiPorts = new Map<string, number>();
  #starts = 0;
  /** More environment for the next starts of a process. */
  readonly extra = new Map<string, NodeJS.ProcessEnv>();

  readonly #networks: AgentNetworks | undefined;

  /** With `networks`, each agent runs in a network namespace of its own. */
  constructor(networks?: AgentNetworks) {
    this.#networks = networks;
  }

  /** How many processes have been started. */
  get starts(): number {
    return this.#starts;
  }

  /** @throws Error for a process that was never started. */
  of(name: string): Route {
    const route = this.#routes.get(name);
    if (route === undefined) throw new Error(`there is no process ${name}`);
    return route;
  }

  /** All routes, or those of the processes whose name begins so. */
  all(prefix = ''): Route[] {
    return [...this.#routes].filter(([name]) => name.startsWith(prefix)).map(([, route]) => route);
  }

  /** How to start a process: its addresses are those of its proxies. */
  readonly launchOf = async (name: string, env: NodeJS.ProcessEnv): Promise<Launch> => {
    this.#starts += 1;
    const network = await this.#networkOf(name);
    const route = this.#routes.get(name) ?? (await this.#open(name, env, network));
    this.#routes.set(name, route);
    if (network) await this.#followHealthPort(route, network, Number(env.EVERYNODE_HEALTH_PORT));
    const own = {
      ...env,
      ...(route.postgres && { DATABASE_URL: databaseVia(env.DATABASE_URL ?? '', route.postgres.port, name) }),
      ...(route.apiPort && { EVERYNODE_API_PORT: String(route.apiPort) }),
      NATS_URL: `nats://${network?.busHost ?? LOOPBACK}:${route.nats.port}`,
      ...(network && { EVERYNODE_HEALTH_HOST: network.probedHost }),
      ...this.extra.get(name),
    };
    return network ? { env: own, wrapper: network.wrapper } : { env: own };
  };

  /** Closes all: a new supervisor has other ports. */
  async close(): Promise<void> {
    const routes = [...this.#routes.values()];
    this.#routes.clear();
    await Promise.all(
      routes.flatMap(({ postgres, nats, health }) => [postgres?.close(), nats.close(), health?.close()]),
    );
  }

  async #networkOf(name: string): Promise<AgentNetwork | undefined> {
    return name.startsWith('agent-') ? await this.#networks?.of(name) : undefined;
  }

  /** The supervisor probes the agent by loopback, where its namespace is not. */
  async #followHealthPort(route: Route, { probedHost: host }: AgentNetwork, port: number): Promise<void> {
    if (route.health?.port === port) return;
    await route.health?.close();
    route.health = await TcpProxy.start({ host, port }, { port });
  }

  async #open(name: string, env: NodeJS.ProcessEnv, network: AgentNetwork | undefined): Promise<Route> {
    const { DATABASE_URL, NATS_URL, EVERYNODE_API_PORT } = env;
    if (EVERYNODE_API_PORT !== undefined && !this.#apiPorts.has(name)) this.#apiPorts.set(name, await freePort());
    const start = (url: string, host = LOOPBACK) =>
      TcpProxy.start({ host: LOOPBACK, port: Number(new URL(url).port) }, { host });
    return {
      postgres: DATABASE_URL === undefined ? undefined : await start(DATABASE_URL),
      nats: await start(NATS_URL ?? '', network?.busHost),
      health: undefined,
      apiPort: this.#apiPorts.get(name),
    };
  }
}

/** Begins the name of every session of the services: `everynode:api-1`. */
export const SESSIONS = 'everynode:';

/** The address by loopback: the Unix socket has no room for a proxy. Sessions have the name of their process. */
function databaseVia(url: string, port: number, name: string): string {
  const via = new URL(url);
  via.searchParams.delete('host');
  via.host = `127.0.0.1:${port}`;
  via.searchParams.set('application_name', `${SESSIONS}${name}`);
  return via.toString();
}
