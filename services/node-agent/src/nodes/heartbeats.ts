import { eventType, subjects } from '@everynode/contract';
import { pause } from '@everynode/service-shell';
import { chunks, type FleetOptions } from './registration.js';

const NODES_A_HEARTBEAT = 2000;

/** Says every few seconds that the nodes are alive. A beat that is lost is not made up for: the next one says the same. */
export class Heartbeats {
  readonly #options: FleetOptions;
  readonly #intervalMs: number;
  readonly #bodies: string[];

  constructor(options: FleetOptions, intervalSeconds: number) {
    this.#options = options;
    this.#intervalMs = intervalSeconds * 1000;
    const names = options.nodes.map((node) => node.name);
    this.#bodies = chunks(names, NODES_A_HEARTBEAT).map((part) =>
      JSON.stringify({ incarnation: options.incarnation, nodes: part }),
    );
  }

  /** Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const next = pause(this.#intervalMs, signal);
      // Not waited for: a bus that is slow to answer must not make the beats rarer.
      void this.now();
      await next;
    }
  }

  /** One beat, at once. Never rejects. */
  async now(): Promise<void> {
    const { agent, bus, log } = this.#options;
    const event = { type: eventType('node-heartbeat'), source: `/everynode/agent/${agent}` };
    await Promise.all(
      this.#bodies.map((body, part) =>
        bus
          .publish(subjects.heartbeat(agent, part), event, body)
          .catch((err: unknown) => log.warn({ err }, 'a heartbeat was lost')),
      ),
    );
  }
}
