import type { Bus } from '@everynode/bus';
import { parseEvent, streams, subjects } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';

/**
 * When each node was last heard of. Leases of nodes are not renewed in the store, so that a quiet fleet writes nothing;
 * the api shows these times in their place (docs/decisions/0006).
 */
export class NodeHeartbeats {
  readonly #lastHeard = new Map<string, number>();

  /** Listens until the bus is told to stop. */
  follow(bus: Bus, log: Logger): Promise<void> {
    return bus.follow(
      streams.heartbeats.name,
      subjects.allHeartbeats,
      {
        onReset: () => undefined,
        onMessage: ({ body }) => {
          try {
            const now = Date.now();
            for (const node of parseEvent('node-heartbeat', body).nodes) this.#lastHeard.set(node, now);
          } catch (err) {
            log.warn({ err }, 'a heartbeat was not understood');
          }
        },
      },
      'last-per-subject',
    );
  }

  /** ms since the epoch; undefined for a node that was not heard of. */
  lastHeard(node: string): number | undefined {
    return this.#lastHeard.get(node);
  }
}
