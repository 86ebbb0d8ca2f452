import { randomInt } from 'node:crypto';
import { execa, execaSync } from 'execa';

/** The least that has to work here, in a namespace that is removed again. */
const PROBE = 'everynode-probe';
/** For benchmarks of networks (RFC 2544): no host has an address there. Each link takes four addresses. */
const SUBNETS = { first: 198, second: 18, count: 2 ** 15 };

const ip = (...words: string[]) => execa('ip', words);

/** Returns why agents cannot run in network namespaces on this machine, with how to change that. */
export async function missingForNetworks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may make network namespaces: run as root, or with sudo';
  const name = `${PROBE}-${process.pid}`;
  try {
    await ip('netns', 'add', name);
    await ip('netns', 'exec', name, 'true');
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === 'ENOENT') return 'the command ip is missing: apt-get install iproute2';
    const words = String(stderr).trim().split('\n')[0];
    return `network namespaces cannot be made here (${words}): a container needs CAP_NET_ADMIN and CAP_SYS_ADMIN`;
  } finally {
    await execa('ip', ['netns', 'delete', name], { reject: false });
  }
}

/** The network namespace of one agent. */
export interface AgentNetwork {
  /** The command that starts a program in it. */
  wrapper: readonly string[];
  /** The address of this machine on the link to the bus. */
  busHost: string;
  /** The agent's address on the link by which its health is asked, which no fault touches. */
  probedHost: string;
}

/**
 * Network namespaces, one for each agent, with two links to this machine: one to the bus, that faults take down, and
 * one for the supervisor's probes, which are local to a real agent.
 */
export class AgentNetworks {
  readonly #networks = new Map<string, Promise<AgentNetwork>>();
  readonly #namespaces: string[] = [];
  /** Also when an error ends the harness: a namespace outlives every process. */
  readonly #onExit = (): void => {
    for (const name of this.#namespaces.splice(0)) execaSync('ip', ['netns', 'delete', name], { reject: false });
  };

  constructor() {
    process.once('exit', this.#onExit);
  }

  /** The network of an agent, made when it is first asked for. */
  of(agent: string): Promise<AgentNetwork> {
    const known = this.#networks.get(agent) ?? this.#create();
    this.#networks.set(agent, known);
    return known;
  }

  /** Pulls or plugs the cable between agents and the bus: packets are dropped, and neither end is told. */
  async setLink(agent: string, state: 'up' | 'down'): Promise<void> {
    const { wrapper } = await this.of(agent);
    const name = wrapper.at(-1) ?? '';
    await ip('link', 'set', busLink(name), state);
  }

  close(): void {
    process.off('exit', this.#onExit);
    this.#onExit();
  }

  async #create(): Promise<AgentNetwork> {
    // Names of links have room for 15 characters, and other runs have theirs.
    const name = `en${randomInt(36 ** 6).toString(36)}`;
    await ip('netns', 'add', name);
    this.#namespaces.push(name);
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    const bus = await this.#link(name, busLink(name), 'bus');
    const probes = await this.#link(name, `${name}-p`, 'probes');
    return { wrapper: ['ip', 'netns', 'exec', name], busHost: bus.here, probedHost: probes.there };
  }

  /** A pair of virtual Ethernet devices; they go with the namespace. */
  async #link(namespace: string, here: string, there: string): Promise<{ here: string; there: string }> {
    const addresses = subnet(randomInt(SUBNETS.count));
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace);
    await ip('address', 'add', `${addresses.here}/30`, 'dev', here);
    await ip('-n', namespace, 'address', 'add', `${addresses.there}/30`, 'dev', there);
    await ip('link', 'set', here, 'up');
    await ip('-n', namespace, 'link', 'set', there, 'up');
    return addresses;
  }
}

const busLink = (namespace: string): string => `${namespace}-b`;

/** The two addresses of a subnet of four. */
function subnet(number: number): { here: string; there: string } {
  const base = number * 4;
  const address = (last: number) =>
    [SUBNETS.first, SUBNETS.second + (base >> 16), (base >> 8) & 255, (base & 255) + last].join('.');
  return { here: address(1), there: address(2) };
}
