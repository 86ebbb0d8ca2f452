/** Number of pods in each step. A step that was once entered stays in it, with 0 when it is empty. */
export class StepCounts<Step extends string> {
  readonly #counts = new Map<Step, number>();

  get counts(): ReadonlyMap<Step, number> {
    return this.#counts;
  }

  entered(step: Step): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
  }

  left(step: Step): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) - 1);
  }

  clear(): void {
    this.#counts.clear();
  }
}
