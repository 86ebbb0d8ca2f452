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
    if (this.#left < 0) throw new ExhaustedError(false);
  }
}

/** An evaluation that costs more than it may. */
export class ExhaustedError extends Error {
  override readonly name = 'ExhaustedError';
  readonly retryable = false;

  /** `isOfCall` is false where what shares the budget has used it up. */
  constructor(readonly isOfCall: boolean) {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** The budget of the evaluation that runs now. An evaluation is never interrupted, so there is one. */
let running: { budget: Budget; left: number } | undefined;

/** Charges the evaluation that runs now; outside of one it does nothing. @throws Error where nothing is left. */
export function spend(steps: number): void {
  if (!running) return;
  running.budget.spend(steps);
  running.left -= Math.max(0, steps);
  if (running.left < 0) throw new ExhaustedError(true);
}

/**
 * Runs an evaluation whose steps are charged to the budget. `a || b` takes an error of `a` for an unknown value, so an
 * evaluation that was out of budget may still return a value: that is refused here.
 * @throws ExhaustedError where nothing is left.
 */
export function within<T>(budget: Budget, evaluate: () => T): T {
  const outer = running;
  running = { budget, left: PER_CALL };
  try {
    const value = evaluate();
    if (running.left < 0 || budget.left < 0) throw new ExhaustedError(running.left < 0);
    return value;
  } finally {
    running = outer;
  }
}
