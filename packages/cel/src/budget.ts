/** Upstream's bounds of one evaluation and of all that belong to one object. Source: apiserver pkg/apis/cel. */
const PER_CALL = 1_000_000;
export const RUNTIME_COST_BUDGET = 10_000_000;

/** The cost that an expression may still have, in steps of the evaluation. */
export class Budget {
  #left: number;

  /** @param total for all expressions that share the budget. */
  constructor(total: number) {
    this.#left = total;
  }

  get left(): number {
    return this.#left;
  }

  /** A negative number of steps costs nothing. @throws Error where nothing is left. */
  spend(steps: number): void {
    this.#left -= Math.max(0, steps);
    if (this.#left < 0) throw new Error(EXHAUSTED);
  }
}

const EXHAUSTED = 'operation cancelled: actual cost limit exceeded';

/** The budget of the evaluation that runs now. An evaluation is never interrupted, so there is one. */
let running: { budget: Budget; left: number } | undefined;

/** Charges the evaluation that runs now; outside of one it does nothing. @throws Error where nothing is left. */
export function spend(steps: number): void {
  if (!running) return;
  running.budget.spend(steps);
  running.left -= Math.max(0, steps);
  if (running.left < 0) throw new Error(EXHAUSTED);
}

/** Runs an evaluation whose steps are charged to the budget. */
export function within<T>(budget: Budget, evaluate: () => T): T {
  const outer = running;
  running = { budget, left: PER_CALL };
  try {
    return evaluate();
  } finally {
    running = outer;
  }
}
