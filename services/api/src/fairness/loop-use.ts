/** What a flow has used counts for one to two of these spans, in ms. */
const SPAN_MS = 1000;
/** After so many spans without work a flow is forgotten. */
const KEPT_SPANS = 5;
/** A flow rests when what it owes comes to this much, in ms: timers are no finer. */
const LEAST_REST_MS = 2;

/** What one flow has used of the event loop. Times are in ms. */
export interface FlowUse {
  /** In the present span, and in the one before it. */
  used: [now: number, before: number];
  /** The number of the span that `used` begins with. */
  span: number;
  /** Until when it leaves the event loop to others. */
  restsUntil: number;
  /** What its work that is charged later has taken of late. */
  expected: number;
}

/** What all flows have used of the event loop of late, and how long each rests for the others. */
export class LoopUse {
  readonly #uses = new Map<string, FlowUse>();
  #total: [now: number, before: number] = [0, 0];
  #span = 0;
  /** Flows with work in the present span or in the one before it. */
  #active = 0;

  of(name: string, now: number): FlowUse {
    let use = this.#uses.get(name);
    if (!use) {
      use = { used: [0, 0], span: -2, restsUntil: 0, expected: 0 };
      this.#uses.set(name, use);
    }
    this.#turn(use, now);
    return use;
  }

  /** In the last one to two spans. */
  lately(use: FlowUse, now: number): number {
    this.#turn(use, now);
    return use.used[0] + use.used[1];
  }

  /** For how long the flow rests from now on; 0 when it does not. */
  restOf({ restsUntil }: FlowUse, now: number): number {
    const rest = restsUntil - now;
    return rest >= LEAST_REST_MS ? rest : 0;
  }

  /** True when more than one flow had work of late. */
  isShared(now: number): boolean {
    this.#present(now);
    return this.#active > 1;
  }

  /** Charges a flow. A negative number takes back what was expected too much. */
  count(use: FlowUse, now: number, ms: number): void {
    this.#turn(use, now);
    use.used[0] = Math.max(0, use.used[0] + ms);
    this.#total[0] = Math.max(0, this.#total[0] + ms);
    // While it works it does not rest: a rest that is not over is put off.
    use.restsUntil = Math.max(now, use.restsUntil + ms) + ms * this.#restAfter(use, now);
  }

  /** The next one is expected to take as long as the last one; not much less than those before it. */
  learn(use: FlowUse, ms: number): void {
    use.expected = Math.max(ms, (ms + use.expected) / 2);
  }

  /** The rest after a piece, as a multiple of its length. One that has used less than its equal share needs none. */
  #restAfter(use: FlowUse, now: number): number {
    const total = this.#total[0] + this.#total[1];
    const used = use.used[0] + use.used[1];
    if (used * this.#active <= total) return 0;
    const left = Math.max(1, SPAN_MS + (now % SPAN_MS) - used);
    return restAfter((total - used) / left, this.#active - 1);
  }

  /** Returns the number of the present span. */
  #present(now: number): number {
    const span = Math.floor(now / SPAN_MS);
    if (this.#span < span) this.#turnAll(span, now);
    return span;
  }

  /** Moves a flow on to the present span. */
  #turn(use: FlowUse, now: number): void {
    const span = this.#present(now);
    if (use.span >= span) return;
    if (use.span < span - 1) this.#active += 1;
    use.used = [0, use.span === span - 1 ? use.used[0] : 0];
    use.span = span;
  }

  #turnAll(span: number, now: number): void {
    this.#total = [0, this.#span === span - 1 ? this.#total[0] : 0];
    this.#span = span;
    this.#active = 0;
    for (const [name, use] of this.#uses) {
      if (use.span >= span - 1) this.#active += 1;
      else if (use.span < span - KEPT_SPANS && use.restsUntil < now) this.#uses.delete(name);
    }
  }
}

/**
 * The rest after a piece, as a multiple of its length. `part` is what `others` flows have used, of the time that this
 * one has left them: of little time they cannot use much. They are left twice that part, and at most their equal share.
 */
function restAfter(part: number, others: number): number {
  const left = Math.min(2 * part, others / (others + 1));
  return left / (1 - left);
}
