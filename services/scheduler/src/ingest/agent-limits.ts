import { type Allowance, Allowances } from '@everynode/bus';
import { HEARTBEAT_ALLOWANCE } from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';

/** What an agent sends, by the subjects that it sends it on. */
export type SentKind = 'node-registered' | 'pod-status' | 'heartbeat' | 'request';

interface AgentLimitOptions {
  nodes: ObjectCache<Stored<Node>>;
  /** Counts messages that were not handled, or not yet. */
  onLimited: (agent: string, kind: SentKind, what: 'delayed' | 'dropped') => void;
}

/** How often the nodes of each agent are counted at most, in ms. */
const COUNT_MS = 1000;

/**
 * What an agent may send, by the number of nodes that it hosts. A report of pods counts one and each KiB of it one
 * more: a kubelet allows itself 50 requests a second (kubeAPIQPS), and its pods begin together. A registration or a
 * request counts one.
 */
const ALLOWANCES: Readonly<Record<SentKind, (nodes: number) => Allowance>> = {
  'pod-status': (nodes) => ({ perSecond: 50 * Math.max(1, nodes), atOnce: 1000 * Math.max(1, nodes) }),
  // The stream keeps 128 of them. A fleet registers two hundred nodes with each.
  'node-registered': (nodes) => ({ perSecond: 2 + nodes / 1000, atOnce: 128 }),
  heartbeat: () => HEARTBEAT_ALLOWANCE,
  request: (nodes) => ({ perSecond: 10 + nodes / 50, atOnce: 100 + nodes / 10 }),
};

/**
 * How much each agent may send, asked before a message is read. It holds for this process: with several schedulers an
 * agent has so much from each.
 */
export class AgentLimits {
  readonly #options: AgentLimitOptions;
  readonly #kinds: Readonly<Record<SentKind, Allowances>>;
  #nodes = new Map<string, number>();
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AgentLimitOptions) {
    this.#options = options;
    const of = (kind: SentKind) => new Allowances((agent) => ALLOWANCES[kind](this.#nodesOf(agent)));
    this.#kinds = {
      'pod-status': of('pod-status'),
      'node-registered': of('node-registered'),
      heartbeat: of('heartbeat'),
      request: of('request'),
    };
  }

  /** The time until a report may be handled, in ms, and 0 when it may be now. It is charged then. */
  reportWaitMs(agent: string, event: string | undefined, bytes: number, now = performance.now()): number {
    const kind = reportKind(event);
    return this.#kinds[kind].take(agent, kind === 'pod-status' ? 1 + bytes / 1024 : 1, now);
  }

  onReportLimited(agent: string, event: string | undefined, what: 'delayed' | 'dropped'): void {
    this.#options.onLimited(agent, reportKind(event), what);
  }

  requestWaitMs(agent: string, now = performance.now()): number {
    return this.#kinds.request.take(agent, 1, now);
  }

  onRequestDropped(agent: string): void {
    this.#options.onLimited(agent, 'request', 'dropped');
  }

  /** False for a heartbeat that is not to be read. */
  mayBeat(agent: string, bytes: number, now: number): boolean {
    const isTaken = this.#kinds.heartbeat.take(agent, 1 + bytes / 1024, now) === 0;
    if (!isTaken) this.#options.onLimited(agent, 'heartbeat', 'dropped');
    return isTaken;
  }

  /** A heartbeat that cannot be read costs a line of log too. */
  chargeBadHeartbeat(agent: string, now: number): void {
    this.#kinds.heartbeat.charge(agent, HEARTBEAT_ALLOWANCE.perSecond, now);
  }

  #nodesOf(agent: string): number {
    const now = performance.now();
    if (now - this.#countedAt >= COUNT_MS) {
      this.#countedAt = now;
      this.#nodes = new Map();
      for (const { record } of this.#options.nodes.list()) {
        if (record.placement !== null) this.#nodes.set(record.placement, (this.#nodes.get(record.placement) ?? 0) + 1);
      }
    }
    return this.#nodes.get(agent) ?? 0;
  }
}

/** What is no registration counts as a report of pods: a subject that is not known is refused when it is read. */
const reportKind = (event: string | undefined): 'node-registered' | 'pod-status' =>
  event === 'node-registered' ? event : 'pod-status';
