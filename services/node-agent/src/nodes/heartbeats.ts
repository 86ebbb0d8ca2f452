import { eventType, MAX_HEARTBEAT_BYTES, subjects } from '@everynode/contract';
import { pause } from '@everynode/service-shell';
import { chunks } from './chunks.js';
import type { Fleet } from './fleet.js';

const NODES_A_HEARTBEAT = 2000;
/** For the headers, and what is around the names. */
const BESIDE_NAMES = 4096;

/** So many nodes are named in one heartbeat, whose length has a bound. */
function nodesAHeartbeat(names: readonly string[]): number {
  const longest = names.reduce((most, { length }) => Math.max(most, length), 0) + '"",'.length;
  return Math.min(NODES_A_HEARTBEAT, Math.floor((MAX_HEARTBEAT_BYTES - BESIDE_NAMES) / longest));
}

/**
 * Sends every few seconds that the nodes are alive. A heartbeat that is lost is not repeated: the next one is the same.
 */
export class Heartbeats {
  readonly #fleet: Fleet;
  readonly #intervalMs: number;
  readonly #bodies: string[];

  constructor(fleet: Fleet, intervalSeconds: number) {
    this.#fleet = fleet;
    this.#intervalMs = intervalSeconds * 1000;
    const names = fleet.nodes.map((node) => node.name);
    this.#bodies = chunks(names, nodesAHeartbeat(names)).map((nodes) =>
      JSON.stringify({ incarnation: fleet.incarnation, nodes }),
    );
  }

  /** Sends heartbeats at the interval. Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#fleet;
    while (!signal.aborted) {
      const next = pause(this.#intervalMs, signal);
      // Not awaited: a bus that answers slowly must not make heartbeats rarer.
      void this.now();
      await next;
    }
  }

  /** Sends one heartbeat at once. Never rejects. */
  async now(): Promise<void> {
    const { agent, bus, log } = this.#fleet;
    const event = { type: eventType('node-heartbeat'), source: `/everynode/agent/${agent}` };
    await Promise.all(
      this.#bodies.map((body, number) =>
        bus
          .publish(subjects.heartbeat(agent, number), event, body)
          .catch((err: unknown) => log.warn({ err }, 'a heartbeat was lost')),
      ),
    );
  }
}
