import type { AgentAccounts, SentCount } from '@everynode/bus-credentials';
import { type Logger, pause } from '@everynode/service-shell';
import { type Allowance, Allowances } from './allowances.js';
import { SentSince } from './sent-since.js';

/** What an agent may send to the bus for any time, on all its subjects together. */
export interface TrafficRates {
  messagesPerSecond: number;
  bytesPerSecond: number;
}

/**
 * Five times what an agent of five thousand nodes sends while all of them change: a hundred messages a second. When its
 * connection comes back it sends 64 messages of half a MiB at once.
 */
export const AGENT_RATES: TrafficRates = { messagesPerSecond: 500, bytesPerSecond: 16 * 1024 * 1024 };

/** An agent may send at once what it may send in so many seconds. */
const SECONDS_AT_ONCE = { messages: 4, bytes: 6 };

/** How often the counts are looked at, in ms: so long a flood lasts. */
const LOOK_MS = 1000;
/** The first suspension lasts so long, and each further one within {@link REMEMBERED_MS} twice as long, in ms. */
const FIRST_MS = 30_000;
const LONGEST_MS = 3600_000;
const REMEMBERED_MS = 2 * LONGEST_MS;

export interface TrafficOptions {
  accounts: Pick<AgentAccounts, 'received' | 'agentOf' | 'suspend' | 'resume' | 'suspended'>;
  rates?: TrafficRates | undefined;
  firstMs?: number;
  log: Logger;
  signal: AbortSignal;
  /** Called for each suspension. */
  onSuspended: (agent: string) => void;
}

/**
 * Suspends agents that flood the bus. A server of NATS limits what a client has and never how often it sends, and each
 * message costs the server and the services that receive it. So the counts of the server are looked at every second,
 * and an account that has sent more than it may is closed for a while. Its credentials stay, and the agent connects
 * again by itself afterwards.
 *
 * Each api does so for itself by the same counts. What one has suspended and did not live to resume, it finds on the
 * server at its next start.
 */
export class AgentTraffic {
  readonly #options: TrafficOptions;
  readonly #rates: TrafficRates;
  readonly #messages: Allowances;
  readonly #bytes: Allowances;
  readonly #sent = new SentSince();
  #lookedAt = performance.now();
  /** When the agents that are suspended may come back, in ms since 1970. */
  #due: Map<string, number> | undefined;
  /** How often each agent was suspended of late, and when last: on the clock that does not go back. */
  readonly #strikes = new Map<string, { count: number; at: number }>();

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#rates = options.rates ?? AGENT_RATES;
    const { messagesPerSecond, bytesPerSecond } = this.#rates;
    const allowance = (perSecond: number, seconds: number): Allowance => ({ perSecond, atOnce: perSecond * seconds });
    const [messages, bytes] = [
      allowance(messagesPerSecond, SECONDS_AT_ONCE.messages),
      allowance(bytesPerSecond, SECONDS_AT_ONCE.bytes),
    ];
    this.#messages = new Allowances(() => messages);
    this.#bytes = new Allowances(() => bytes);
  }

  /** Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { log, signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        await this.#look();
        failures = 0;
      } catch (err) {
        // What was counted meanwhile is looked at when the bus is back.
        if (failures === 0 && !signal.aborted) log.warn({ err }, 'the traffic of agents could not be looked at');
        failures += 1;
      }
      // The answers of the servers take a part of the time.
      await pause(Math.max(0, LOOK_MS - (performance.now() - began)), signal);
    }
  }

  async #look(): Promise<void> {
    const { accounts } = this.#options;
    this.#due ??= new Map([...(await accounts.suspended())].map(([agent, until]) => [agent, until * 1000]));
    const sent = this.#sent.next(await accounts.received(), performance.now());
    const now = performance.now();
    const lateMs = Math.max(0, now - this.#lookedAt - LOOK_MS);
    this.#lookedAt = now;
    for (const [account, count] of sent) await this.#judge(account, count, lateMs);
    await this.#resume(this.#due);
  }

  /** `lateMs`: so much later than usual the look is. What an agent may send in that time is no flood. */
  async #judge(account: string, sent: SentCount, lateMs: number): Promise<void> {
    const now = performance.now();
    const { messagesPerSecond, bytesPerSecond } = this.#rates;
    const seconds = lateMs / 1000;
    this.#messages.charge(account, Math.max(0, sent.messages - messagesPerSecond * seconds), now);
    this.#bytes.charge(account, Math.max(0, sent.bytes - bytesPerSecond * seconds), now);
    if (this.#messages.waitMs(account, now) === 0 && this.#bytes.waitMs(account, now) === 0) return;
    const agent = await this.#options.accounts.agentOf(account);
    // Services send as much as there is.
    if (agent !== undefined && !this.#due?.has(agent)) await this.#suspend(agent);
  }

  async #suspend(agent: string): Promise<void> {
    const { accounts, log, onSuspended, firstMs = FIRST_MS } = this.#options;
    const { count } = this.#strikes.get(agent) ?? { count: 0 };
    const ms = Math.min(firstMs * 2 ** count, LONGEST_MS);
    const until = Math.ceil((Date.now() + ms) / 1000);
    // First, so that an agent is resumed also where the answer of the server is lost.
    this.#due?.set(agent, until * 1000);
    await accounts.suspend(agent, until);
    this.#strikes.set(agent, { count: count + 1, at: performance.now() });
    onSuspended(agent);
    log.warn({ agent, seconds: Math.round(ms / 1000) }, 'an agent has sent too much, and may not connect for a while');
  }

  async #resume(due: Map<string, number>): Promise<void> {
    const { accounts, log } = this.#options;
    for (const [agent, at] of due) {
      if (Date.now() < at) continue;
      const later = await accounts.resume(agent);
      if (later !== undefined) {
        // Another api has suspended it for longer.
        due.set(agent, later * 1000);
        continue;
      }
      due.delete(agent);
      log.info({ agent }, 'an agent that had sent too much may connect again');
    }
    const forgotten = performance.now() - REMEMBERED_MS;
    for (const [agent, { at }] of this.#strikes) if (at < forgotten) this.#strikes.delete(agent);
  }
}
