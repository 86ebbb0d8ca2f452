import type { Fault } from '../faults/fault.js';
import type { SeededRandom } from './random.js';

/** One step of a run: faults that begin together, and how long they last, in ms. */
export interface Step {
  faults: readonly Fault[];
  holdMs: number;
  /** DaemonSets and labels are not edited before and during it, so that only the fault has to be recovered from. */
  isAtRest: boolean;
}

export interface ScheduleOptions {
  faults: readonly Fault[];
  /** For how long steps may be planned, in ms, with what follows each. */
  budgetMs: number;
  /** No fault lasts longer, in ms. */
  longestMs: number;
  /** Share of the steps that mix two faults, from 0 to 1. */
  mixed: number;
  /** Share of the steps that begin at rest, from 0 to 1. */
  atRest: number;
}

/** What a step costs besides its faults: recovery, convergence, and some time in which clients write undisturbed. */
const AROUND_MS = 10_000;

/**
 * The steps of a run: each fault once in an order that the seed decides, and then again, until the time is over. A
 * step that would not fit is left out.
 */
export function planSteps(
  { faults, budgetMs, longestMs, mixed, atRest }: ScheduleOptions,
  random: SeededRandom,
): Step[] {
  const steps: Step[] = [];
  let left = budgetMs;
  let deck: Fault[] = [];
  for (let tries = 0; left > AROUND_MS && tries < 1000; tries += 1) {
    if (deck.length === 0) deck = shuffled(faults, random);
    const fault = deck.pop();
    if (!fault) break;
    const second = random.chance(mixed) ? deck.pop() : undefined;
    const chosen = second ? [fault, second] : [fault];
    const holdMs = Math.max(...chosen.map((one) => holdOf(one, longestMs, random)));
    if (left < holdMs + AROUND_MS) continue;
    left -= holdMs + AROUND_MS;
    steps.push({ faults: chosen, holdMs, isAtRest: random.chance(atRest) });
  }
  return steps;
}

function holdOf({ holdMs }: Fault, longestMs: number, random: SeededRandom): number {
  const possible = holdMs.filter((ms) => ms <= longestMs);
  return possible.length === 0 ? longestMs : random.pick(possible);
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(random.between(0, left.length - 1), 1));
  return result;
}
