import type { Store } from '@everynode/store';

/**
 * The latest incarnation of each agent, as far as this replica knows: what Postgres had when the agent was first heard
 * of, and what was handed out or reported here since. Two processes may run with the name of one agent; the one that
 * was started last speaks for its nodes. A replica that has not heard of the later one yet writes reports of the
 * earlier one, in the order of their incarnations: so they never replace what the later one has reported.
 */
export class Incarnations {
  readonly #store: Pick<Store, 'latestIncarnation' | 'takeIncarnation'>;
  readonly #latest = new Map<string, number>();

  constructor(store: Pick<Store, 'latestIncarnation' | 'takeIncarnation'>) {
    this.#store = store;
  }

  /** Hands an incarnation to a new process of the agent. @throws what the store throws. */
  async take(agent: string, process: string): Promise<number> {
    return this.#note(agent, await this.#store.takeIncarnation(agent, process));
  }

  /** The latest that is known when `incarnation` is heard of, or that one. @throws what the store throws. */
  async latest(agent: string, incarnation: number): Promise<number> {
    if (!this.#latest.has(agent)) await this.refresh(agent);
    return this.#note(agent, incarnation);
  }

  /** Reads what was handed out last, perhaps by another replica. @throws what the store throws. */
  async refresh(agent: string): Promise<void> {
    this.#note(agent, await this.#store.latestIncarnation(agent));
  }

  #note(agent: string, incarnation: number): number {
    const latest = Math.max(incarnation, this.#latest.get(agent) ?? 0);
    this.#latest.set(agent, latest);
    return latest;
  }
}
