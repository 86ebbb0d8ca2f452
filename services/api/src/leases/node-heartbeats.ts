import type { Bus } from '@everynode/bus';
import { parseEvent, streams, subjects } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';

/**
 * The times of the nodes' last heartbeats. Leases of nodes are not renewed in the store, so that a quiet fleet writes
 * nothing; the api shows these times instead (docs/decisions/0006).
 */
export class NodeHeartbeats {
  readonly #lastHeard = new Map<string, number>();

  /** Follows the heartbeats until the bus is closed. */
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

  /** In ms since the epoch; undefined for a node without a heartbeat. */
  lastHeard(node: string): number | undefined {
    return this.#lastHeard.get(node);
  }
}
