import { AGENT_RATES, type Bus } from '@everynode/bus';
import { parseEvent, subjects, type TunnelWanted } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';
import { type Served, serveTunnel } from './serve-tunnel.js';
import { Pace, type PaceLimits } from './tunnel/pace.js';
import { TunnelLink } from './tunnel/tunnel-link.js';

/** Tunnels that an agent serves at a time. */
const MAX_TUNNELS = 256;
/** A connection without tunnels is closed after this time, in ms. */
const IDLE_MS = 30_000;

/** Half of what an api allows an agent, so that tunnels never bring an agent near the bound at which it is cut off. */
export const TUNNEL_RATES: PaceLimits = {
  messagesPerSecond: AGENT_RATES.messagesPerSecond / 2,
  bytesPerSecond: AGENT_RATES.bytesPerSecond / 2,
};

interface AgentTunnelsOptions extends Served {
  agent: string;
  /** Brings the wish for a tunnel. */
  bus: Pick<Bus, 'listen'>;
  /** Makes a connection of its own for the frames, so that nothing else waits behind them. */
  connect: () => Pick<Bus, 'send' | 'listenBytes' | 'close'>;
  /** Another process speaks for the agent: this one answers nothing. */
  isSuperseded: () => boolean;
  rates?: PaceLimits;
  log: Logger;
}

interface Carrier {
  bus: ReturnType<AgentTunnelsOptions['connect']>;
  /** Of the connection that there is. */
  opened: Promise<void>;
}

/** The agent's ends of tunnels. The connection for them is there only while there are any. */
export class AgentTunnels {
  readonly #options: AgentTunnelsOptions;
  readonly #link: TunnelLink;
  #carrier: Carrier | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: AgentTunnelsOptions) {
    const { agent, rates = TUNNEL_RATES } = options;
    this.#options = options;
    const pace = new Pace(rates);
    this.#link = new TunnelLink({
      send: (process, bytes) => this.#carrier?.bus.send(subjects.tunnelUp(agent, process), bytes),
      pace: (bytes) => pace.charge(bytes),
      nameOf: () => 'the api',
      onIdle: () => this.#rest(),
    });
  }

  get open(): number {
    return this.#link.size;
  }

  start(): void {
    const { agent, bus, log } = this.#options;
    bus.listen(subjects.tunnelWanted(agent), (body) => {
      try {
        void this.#serve(parseEvent('tunnel-wanted', body));
      } catch (err) {
        log.warn({ err }, 'the wish for a tunnel was not understood');
      }
    });
  }

  async #serve(wanted: TunnelWanted): Promise<void> {
    const { isSuperseded } = this.#options;
    if (this.#isClosed || isSuperseded() || this.#link.has(wanted.tunnel)) return;
    const isFull = this.#link.size >= MAX_TUNNELS;
    const tunnel = this.#link.begin(wanted.tunnel, wanted.process);
    await this.#carried();
    // It may be over by now, and the client was told that nothing was begun.
    if (!this.#link.has(wanted.tunnel)) return;
    if (isFull) tunnel.refuse({ reason: 'TooManyRequests', message: 'the agent has too many streams open' });
    else await serveTunnel(tunnel, wanted, this.#options);
  }

  /** Resolves when frames of the api arrive. */
  #carried(): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#carrier ??= this.#connect();
    return this.#carrier.opened;
  }

  #connect(): Carrier {
    const { agent, connect } = this.#options;
    const bus = connect();
    const prefix = subjects.tunnelDown(agent, '');
    let onOpen = (): void => undefined;
    const opening = (): Promise<void> =>
      new Promise((resolve) => {
        onOpen = resolve;
      });
    const carrier: Carrier = { bus, opened: opening() };
    bus.listenBytes(subjects.tunnelDown(agent, '*'), {
      onOpen: () => onOpen(),
      onBytes: (subject, bytes) => this.#link.receive(subject.slice(prefix.length), bytes),
      onLost: () => {
        // One that was dropped when it was idle carries none of the tunnels that there are now.
        if (this.#carrier !== carrier) return;
        carrier.opened = opening();
        this.#link.loseAll('the connection of the agent to the bus was lost');
      },
    });
    return carrier;
  }

  #rest(): void {
    if (this.#idle !== undefined || this.#isClosed) return;
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      void this.#drop();
    }, IDLE_MS);
    this.#idle.unref();
  }

  async #drop(): Promise<void> {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    await carrier?.bus.close();
  }

  /** Ends all tunnels, and says so. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#link.abortAll('the agent is stopping');
    await this.#drop();
  }
}
