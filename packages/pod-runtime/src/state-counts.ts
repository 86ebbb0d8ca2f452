/** Number of pods in each state. A state that was once entered stays in it, with 0 when it is empty. */
export class StateCounts<State extends string> {
  readonly #counts = new Map<State, number>();

  get counts(): ReadonlyMap<State, number> {
    return this.#counts;
  }

  entered(state: State): void {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + 1);
  }

  left(state: State): void {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) - 1);
  }

  clear(): void {
    this.#counts.clear();
  }
}
