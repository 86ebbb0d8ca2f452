/** How often the checks are evaluated by themselves, in ms: this exact is "since when". */
const EVERY_MS = 1000;

/** A named condition: undefined when it holds, else the reason in words. */
interface ReadinessCheck {
  name: string;
  gates: boolean;
  check(): string | undefined;
  /** When it was first seen not to hold, in ms since the epoch; undefined while it holds. */
  failingSince: number | undefined;
}

/** Whether a check that was looked at holds, gating or not. */
export interface CheckResult {
  name: string;
  holds: boolean;
}

export interface ReadinessReport {
  ready: boolean;
  /**
   * One line for each check, as kube-apiserver words it: `[+]postgres ok`, `[-]postgres failed: reason (since time)`,
   * and `[!]nats degraded: reason (since time)` for a failing check that does not gate.
   */
  lines: string[];
  /** Of the checks that were not excluded. */
  results: CheckResult[];
}

/** Which conditions hold, and since when others do not. A process is ready when all that gate hold. */
export class Readiness {
  readonly #checks: ReadinessCheck[] = [];
  readonly #now: () => number;

  /** The clock is in ms since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * `check` returns undefined while the condition holds, else the reason in words. With `gates: false` a failure is
   * reported as degraded: the process stays ready, since it can serve without.
   */
  add(name: string, check: () => string | undefined, options: { gates?: boolean } = {}): void {
    this.#checks.push({ name, check, gates: options.gates ?? true, failingSince: undefined });
  }

  get names(): string[] {
    return this.#checks.map(({ name }) => name);
  }

  /** Evaluates every check about once a second, so that "since when" does not depend on probes. Returns the stop. */
  follow(everyMs = EVERY_MS): () => void {
    const timer = setInterval(() => this.report(), everyMs).unref();
    return () => clearInterval(timer);
  }

  /** Excluded conditions are listed and do not count. */
  report(excluded: readonly string[] = []): ReadinessReport {
    let ready = true;
    const results: CheckResult[] = [];
    const lines = this.#checks.map((condition) => {
      const { name, gates } = condition;
      const reason = this.#evaluate(condition);
      if (excluded.includes(name)) return `[+]${name} excluded: ok`;
      results.push({ name, holds: reason === undefined });
      if (reason === undefined) return `[+]${name} ok`;
      if (!gates) return `[!]${name} degraded: ${reason}`;
      ready = false;
      return `[-]${name} failed: ${reason}`;
    });
    return { ready, lines, results };
  }

  /** Returns why the condition does not hold and since when. */
  #evaluate(condition: ReadinessCheck): string | undefined {
    const reason = condition.check();
    if (reason === undefined) {
      condition.failingSince = undefined;
      return undefined;
    }
    condition.failingSince ??= this.#now();
    return `${reason} (since ${new Date(condition.failingSince).toISOString()})`;
  }
}
