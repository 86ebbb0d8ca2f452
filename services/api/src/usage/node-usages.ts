import { type ApiTunnels, CHANNEL, linesOf } from '@everynode/container-streams';
import { type NodeUsage, type PodUsage, parseNodeUsage } from '@everynode/contract';
import { inBatches, type Logger } from '@everynode/service-shell';

/** What is known of a node is shown for so long, in ms: as often metrics-server asks by its manifest. */
const KEEP_MS = 15_000;
/** An agent that has not accepted in this time is left out, in ms. */
const ACCEPT_MS = 5000;
/** What has not come in this time is left out, in ms. */
const READ_MS = 30_000;
/** Agents that are asked at a time. */
const AT_ONCE = 250;
/** An agent of more nodes than this is asked for all of its nodes. */
const MOST_NAMES = 1000;
/** What one agent may answer, in characters: some thousands of nodes, each with a hundred pods. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** A node, and the agent that hosts it. */
export interface UsedNode {
  name: string;
  agent: string;
}

/** What a node uses, with its pods by their uids. */
export interface KnownUsage extends Omit<NodeUsage, 'pods'> {
  pods: ReadonlyMap<string, PodUsage>;
}

interface Known {
  agent: string;
  untilMs: number;
  /** Undefined where the agent said nothing of it. */
  usage: KnownUsage | undefined;
}

/**
 * What nodes use, as their agents measure it when a client asks. It is kept for some seconds and in memory only:
 * without questions there is nothing to send, to store or to keep.
 */
export class NodeUsages {
  readonly #tunnels: ApiTunnels;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #keepMs: number;
  readonly #known = new Map<string, Known>();
  /** What is being asked, by agent. */
  readonly #asking = new Map<string, Promise<unknown>>();
  #dropping: NodeJS.Timeout | undefined;

  constructor(tunnels: ApiTunnels, log: Pick<Logger, 'warn'>, keepMs = KEEP_MS) {
    this.#tunnels = tunnels;
    this.#log = log;
    this.#keepMs = keepMs;
  }

  /** What these nodes use. Those whose agents do not answer are left out. */
  async of(nodes: readonly UsedNode[]): Promise<ReadonlyMap<string, KnownUsage>> {
    const agents = new Set(nodes.map(({ agent }) => agent));
    // What other requests ask may be what is wanted here.
    await Promise.all([...agents].map((agent) => this.#asking.get(agent)));
    const found = new Map<string, KnownUsage>();
    const unknown = new Map<string, Set<string>>();
    const now = performance.now();
    for (const { name, agent } of nodes) {
      const known = this.#known.get(name);
      const names = unknown.get(agent);
      if (known?.agent === agent && known.untilMs > now) {
        if (known.usage) found.set(name, known.usage);
      } else if (names) names.add(name);
      else unknown.set(agent, new Set([name]));
    }
    await inBatches([...unknown], AT_ONCE, async ([agent, names]) => {
      for (const [name, usage] of await this.#ask(agent, names)) found.set(name, usage);
    });
    return found;
  }

  #ask(agent: string, names: ReadonlySet<string>): Promise<ReadonlyMap<string, KnownUsage>> {
    const asked = this.#answersOf(agent, names).finally(() => {
      if (this.#asking.get(agent) === asked) this.#asking.delete(agent);
    });
    this.#asking.set(agent, asked);
    return asked;
  }

  async #answersOf(agent: string, names: ReadonlySet<string>): Promise<ReadonlyMap<string, KnownUsage>> {
    const answers = new Map<string, KnownUsage>();
    try {
      await this.#read(agent, names, ({ pods, ...usage }) => {
        if (!names.has(usage.node)) return;
        answers.set(usage.node, { ...usage, pods: new Map(pods.map((one) => [one.uid, one])) });
      });
    } catch (err) {
      this.#log.warn({ err, agent }, 'an agent did not say what its nodes use');
    }
    const untilMs = performance.now() + this.#keepMs;
    for (const name of names) this.#known.set(name, { agent, untilMs, usage: answers.get(name) });
    this.#dropping ??= setTimeout(() => this.#drop(), this.#keepMs).unref();
    return answers;
  }

  async #read(agent: string, names: ReadonlySet<string>, take: (usage: NodeUsage) => void): Promise<void> {
    const ending = new AbortController();
    let timer = setTimeout(() => ending.abort(), ACCEPT_MS);
    const nodes = names.size > MOST_NAMES ? {} : { nodes: [...names] };
    try {
      const client = { user: undefined, signal: ending.signal };
      const tunnel = await this.#tunnels.openTo(agent, { to: { kind: 'usage', ...nodes } }, client);
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), READ_MS);
      let left = MOST_CHARACTERS;
      for await (const line of linesOf(tunnel.readable(CHANNEL.stdout))) {
        left -= line.length;
        if (left < 0) throw new Error('the answer is too long');
        take(parseNodeUsage(line));
      }
    } finally {
      clearTimeout(timer);
      ending.abort();
    }
  }

  /** Forgets what is not shown any more. */
  #drop(): void {
    const now = performance.now();
    for (const [name, { untilMs }] of this.#known) if (untilMs <= now) this.#known.delete(name);
    this.#dropping = this.#known.size > 0 ? setTimeout(() => this.#drop(), this.#keepMs).unref() : undefined;
  }
}
