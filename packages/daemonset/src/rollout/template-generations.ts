import type { PodTemplate } from '../assessment/pod-template.js';

/**
 * How many nodes run pods of which generation of the template. It tells a way back from a way forward without a clock:
 * after an undo some pods of the newest revision are older than those that are to be replaced.
 */
export class TemplateGenerations {
  readonly #newest = new Map<number, number>();
  readonly #old = new Map<number, number>();

  /** `sign` -1 takes a node away again. */
  add({ generation, isNewest }: PodTemplate, sign: 1 | -1): void {
    const counts = isNewest ? this.#newest : this.#old;
    const count = (counts.get(generation) ?? 0) + sign;
    if (count === 0) counts.delete(generation);
    else counts.set(generation, count);
  }

  /** The template was set back to one that other nodes have run since before this pod was created. */
  isReturning({ generation, isNewest }: PodTemplate): boolean {
    return !isNewest && generation > this.#since;
  }

  /** Nodes whose pods return to an older revision. Costs O(generations that run), a handful. */
  get returning(): number {
    const since = this.#since;
    let sum = 0;
    for (const [generation, count] of this.#old) if (generation > since) sum += count;
    return sum;
  }

  /** The generation of the oldest pod of the newest revision. */
  get #since(): number {
    return Math.min(...this.#newest.keys());
  }
}
