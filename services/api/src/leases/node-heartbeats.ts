import { Allowances, type Bus } from '@everynode/bus';
import {
  agentOfSubject,
  HEARTBEAT_ALLOWANCE,
  NewestIncarnations,
  parseEvent,
  streams,
  subjects,
} from '@everynode/contract';
import type { Reflector } from '@everynode/list-watch';
import type { Logger } from '@everynode/service-shell';
import { ListeningClock } from './listening-clock.js';

/** How often the state of the bus is looked at, in ms. */
const LISTEN_EVERY_MS = 1000;

/**
 * The times of the nodes' last heartbeats. Leases of nodes are not renewed in the store, so that a quiet fleet writes
 * nothing; the api shows these times instead (docs/decisions/0006). Kept for nodes that there are, and from the agents
 * that host them: an agent has no say about the nodes of others, nor about how many entries there are.
 */
export class NodeHeartbeats {
  /** On the listening clock: nodes are not silent because the bus is away. */
  readonly #lastHeard = new Map<string, number>();
  readonly #clock = new ListeningClock();
  readonly #newest = new NewestIncarnations();
  /** An agent that sends more is not read: decoding is what a heartbeat costs. Schedulers count such heartbeats. */
  readonly #allowances = new Allowances(() => HEARTBEAT_ALLOWANCE);
  readonly #hostOf: (node: string) => string | undefined;

  constructor(reflector: Pick<Reflector, 'cache' | 'addListener'>) {
    const nodes = reflector.cache('nodes');
    this.#hostOf = (node) => nodes.get('', node)?.record.placement ?? undefined;
    reflector.addListener({
      onChanges: (changes) => {
        for (const { type, current } of changes) {
          if (type === 'DELETED' && current.record.resource === 'nodes') this.#lastHeard.delete(current.record.name);
        }
      },
    });
  }

  /** Follows the heartbeats until the bus is closed. */
  async follow(bus: Pick<Bus, 'follow' | 'trouble'>, log: Logger): Promise<void> {
    const listen = (): void => this.#clock.setDeaf(bus.trouble !== undefined, performance.now());
    const timer = setInterval(listen, LISTEN_EVERY_MS);
    listen();
    await bus.follow(
      streams.heartbeats.name,
      subjects.allHeartbeats,
      {
        onReset: () => undefined,
        onMessage: (delivery) => {
          // Schedulers hear by heartbeats of their own whether heartbeats come through. Their bodies are not decoded.
          const agent = agentOfSubject(delivery.subject);
          if (agent === undefined) return;
          const steady = performance.now();
          if (this.#allowances.take(agent, delivery.bytes.length / 1024 + 1, steady) > 0) return;
          try {
            const { incarnation, nodes } = parseEvent('node-heartbeat', delivery.body);
            if (!this.#newest.accept(agent, incarnation, steady)) return;
            const now = this.#clock.now(Date.now(), steady);
            for (const node of nodes) if (this.#hostOf(node) === agent) this.#lastHeard.set(node, now);
          } catch (err) {
            // It costs a line of log too.
            this.#allowances.charge(agent, HEARTBEAT_ALLOWANCE.perSecond, steady);
            log.warn({ err }, 'a heartbeat was not understood');
          }
        },
      },
      'last-per-subject',
    );
    clearInterval(timer);
  }

  /**
   * In ms since the epoch; undefined for a node without a heartbeat. While the bus is in trouble it moves on, so that
   * a controller that judges nodes by their leases sees only the silence before that.
   */
  lastHeard(node: string): number | undefined {
    const heard = this.#lastHeard.get(node);
    return heard === undefined ? undefined : this.#clock.usual(heard, performance.now());
  }
}
