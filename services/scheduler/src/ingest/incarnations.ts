import { coalesced } from '@everynode/service-shell';
import type { Store } from '@everynode/store';

/**
 * Incarnations are seconds since 1970 or little more, by the clock of Postgres. That of this process may differ by so
 * much, in seconds.
 */
const CLOCKS_DIFFER = 60;

/**
 * The latest incarnation of each agent, as far as this replica knows: what Postgres had when the agent was first heard
 * of, and what was handed out or reported here since. Two processes may run with the name of one agent; the one that
 * was started last speaks for its nodes. A replica that has not heard of the later one yet writes reports of the
 * earlier one, in the order of their incarnations: so they never replace what the later one has reported.
 */
export class Incarnations {
  readonly #store: Pick<Store, 'latestIncarnation' | 'takeIncarnation'>;
  readonly #latest = new Map<string, number>();
  readonly #refresh = new Map<string, () => Promise<void>>();

  constructor(store: Pick<Store, 'latestIncarnation' | 'takeIncarnation'>) {
    this.#store = store;
  }

  /** Hands an incarnation to a new process of the agent. @throws what the store throws. */
  async take(agent: string, process: string): Promise<number> {
    return this.#note(agent, await this.#store.takeIncarnation(agent, process));
  }

  /**
   * The latest that is known when `incarnation` is heard of, or that one. It is less than `incarnation` when that one
   * cannot have been handed out: it is ahead of all time, and a process that has it would never be superseded. Up to
   * now it is believed, because a database that was restored from a copy lacks what was handed out since.
   * @throws what the store throws.
   */
  async latest(agent: string, incarnation: number): Promise<number> {
    const known = this.#latest.get(agent);
    if (known !== undefined && incarnation <= known) return known;
    await this.refresh(agent);
    const latest = this.#latest.get(agent) ?? 0;
    if (incarnation <= latest || incarnation > Date.now() / 1000 + CLOCKS_DIFFER) return latest;
    return this.#note(agent, incarnation);
  }

  /**
   * Reads what was handed out last, perhaps by another replica. One question at a time for an agent: who asks meanwhile
   * shares the next. @throws what the store throws.
   */
  refresh(agent: string): Promise<void> {
    let refresh = this.#refresh.get(agent);
    if (!refresh) {
      refresh = coalesced(() => this.#read(agent));
      this.#refresh.set(agent, refresh);
    }
    return refresh();
  }

  async #read(agent: string): Promise<void> {
    this.#note(agent, await this.#store.latestIncarnation(agent));
  }

  #note(agent: string, incarnation: number): number {
    const latest = Math.max(incarnation, this.#latest.get(agent) ?? 0);
    this.#latest.set(agent, latest);
    return latest;
  }
}
