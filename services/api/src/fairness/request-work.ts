import type { LoopTurns } from './loop-turns.js';

/** The event loop as one request uses it: its flow is charged for all that is done through this. */
export class RequestWork {
  constructor(
    private readonly turns: LoopTurns,
    /** The client's. */
    readonly flow: string,
  ) {}

  /** Runs a piece of work at the flow's turn. */
  piece<T>(work: () => T | Promise<T>): T | Promise<T> {
    return this.turns.run(this.flow, work);
  }

  /** Begins work at the flow's turn that is done later, by means of the function that `begin` gets. */
  later<T>(begin: (run: <R>(work: () => R) => R) => Promise<T>): Promise<T> {
    return Promise.resolve(this.turns.later(this.flow, begin));
  }

  /** Charges the flow for what the loop does for it outside of pieces, in ms: see {@link LoopTurns.estimate}. */
  estimate(ms: number): void {
    this.turns.estimate(this.flow, ms);
  }

  /** Charges the flow for what is done for it elsewhere, such as in a thread, in ms. */
  spent(ms: number): void {
    this.turns.spent(this.flow, ms);
  }

  /** Runs work that cannot wait for a turn. */
  charge<T>(work: () => T): T {
    return this.turns.charge(this.flow, work);
  }
}
