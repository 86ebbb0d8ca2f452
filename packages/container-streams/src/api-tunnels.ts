import { randomBytes } from 'node:crypto';
import type { Bus } from '@everynode/bus';
import {
  agentOfSubject,
  type PodTunnelWanted,
  subjects,
  type TunnelWanted,
  type UsageWanted,
} from '@everynode/contract';
import { type Tunnel, TunnelRefusedError } from './tunnel/tunnel.js';
import { TunnelLink } from './tunnel/tunnel-link.js';

/** How long an agent may take to accept a tunnel, in ms. */
const OPEN_MS = 10_000;
/** Tunnels of one process of the api at a time. */
const MAX_TUNNELS = 2000;
/** Those of one user among them. */
const MAX_OF_USER = 100;

/** What a tunnel leads to: a pod, or the nodes of the agent. */
type TunnelTarget = Pick<PodTunnelWanted, 'pod' | 'to'> | { to: UsageWanted };

/** Who has a tunnel. */
interface TunnelClient {
  /** Those of one user have a bound of their own; undefined for the api itself. */
  user: string | undefined;
  /** The client is gone: ends the tunnel. */
  signal: AbortSignal;
}

/** The ends of tunnels of one process of the api. */
export class ApiTunnels {
  readonly #bus: Pick<Bus, 'send' | 'listenBytes' | 'connected'>;
  readonly #openMs: number;
  /** Agents send frames to it. It is a secret of this process and of the agents that it has asked. */
  readonly #process = randomBytes(8).toString('hex');
  readonly #link: TunnelLink;
  /** How many each user has. */
  readonly #users = new Map<string, number>();

  /** `bus`: a connection of its own, so that nothing else waits behind the frames. */
  constructor(bus: Pick<Bus, 'send' | 'listenBytes' | 'connected'>, { openMs = OPEN_MS }: { openMs?: number } = {}) {
    this.#bus = bus;
    this.#openMs = openMs;
    this.#link = new TunnelLink({
      send: (agent, bytes) => bus.send(subjects.tunnelDown(agent, this.#process), bytes),
      nameOf: (agent) => `agent ${agent}`,
    });
  }

  get open(): number {
    return this.#link.size;
  }

  start(): void {
    this.#bus.listenBytes(subjects.tunnelUp('*', this.#process), {
      onOpen: () => undefined,
      onBytes: (subject, bytes) => {
        const agent = agentOfSubject(subject);
        if (agent !== undefined) this.#link.receive(agent, bytes);
      },
      onLost: () => this.#link.loseAll('the connection of the api to the bus was lost'),
    });
  }

  /**
   * Opens a tunnel, which the caller has to end.
   * @throws TunnelRefusedError for one that the agent refuses, and for an agent that does not answer.
   */
  async openTo(agent: string, target: TunnelTarget, { user, signal }: TunnelClient): Promise<Tunnel> {
    if (!this.#bus.connected) throw unavailable('the bus cannot be reached');
    if (this.#link.size >= MAX_TUNNELS) {
      throw new TunnelRefusedError({ reason: 'TooManyRequests', message: 'too many streams are open' });
    }
    if (user !== undefined && (this.#users.get(user) ?? 0) >= MAX_OF_USER) {
      throw new TunnelRefusedError({ reason: 'TooManyRequests', message: 'the user has too many streams open' });
    }
    if (signal.aborted) throw unavailable('the client is gone');
    const tunnel = this.#link.begin(randomBytes(16).toString('hex'), agent);
    if (user !== undefined) this.#count(user, tunnel);
    signal.addEventListener('abort', () => tunnel.abort('the client is gone'), { once: true });
    const wanted: TunnelWanted = { tunnel: tunnel.id, process: this.#process, ...target };
    this.#bus.send(subjects.tunnelWanted(agent), JSON.stringify(wanted));
    const timer = setTimeout(() => tunnel.abort(`agent ${agent} did not answer`), this.#openMs);
    try {
      await tunnel.opened;
    } catch (error) {
      if (error instanceof TunnelRefusedError) throw error;
      throw unavailable(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
    return tunnel;
  }

  #count(user: string, tunnel: Tunnel): void {
    this.#users.set(user, (this.#users.get(user) ?? 0) + 1);
    const over = (): void => this.#forget(user);
    tunnel.result.then(over, over);
  }

  #forget(user: string): void {
    const left = (this.#users.get(user) ?? 0) - 1;
    if (left > 0) this.#users.set(user, left);
    else this.#users.delete(user);
  }

  /** Ends all tunnels, and says so. */
  close(): void {
    this.#link.abortAll('the api is stopping');
  }
}

const unavailable = (message: string): TunnelRefusedError =>
  new TunnelRefusedError({ reason: 'ServiceUnavailable', message });
