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
  /** These come first, once each and as short as possible, two at once where they touch nothing in common. */
  first: readonly Fault[];
  /** For how long steps may be planned, in ms, with the least that follows each. */
  budgetMs: number;
  /** No fault lasts longer, in ms, unless it would show nothing then. */
  longestMs: number;
  /** Share of the other steps that mix two faults, from 0 to 1. */
  mixed: number;
  /** Share of the steps that begin at rest, from 0 to 1. */
  atRest: number;
}

/** The least that a step costs besides its faults, in ms. */
const AROUND_MS = 2000;

/**
 * The steps of a run, at least one: the first ones, then each fault once in an order that the seed decides, and then
 * again, until the time is over. More steps than a run has time for: how long a recovery takes is not known before.
 */
export function planSteps(options: ScheduleOptions, random: SeededRandom): Step[] {
  const { faults, first, budgetMs, mixed } = options;
  const steps: Step[] = [];
  let left = budgetMs;
  const add = (chosen: Fault[], pickHold: (holds: number[]) => number): void => {
    const holdMs = Math.max(...chosen.map((fault) => pickHold(holdsOf(fault, options.longestMs))));
    left -= holdMs + AROUND_MS;
    const isAtRest = random.chance(options.atRest) && !chosen.some(({ needsEdits }) => needsEdits);
    if (left >= 0 || steps.length === 0) steps.push({ faults: chosen, holdMs, isAtRest });
  };
  for (const deck = shuffled(first, random); deck.length > 0; ) {
    add(drawFrom(deck, 2), (holds) => Math.min(...holds));
  }
  for (let deck: Fault[] = []; left > 0; ) {
    if (deck.length === 0) deck = shuffled(faults, random);
    if (deck.length === 0) break;
    add(drawFrom(deck, random.chance(mixed) ? 2 : 1), (holds) => random.pick(holds));
  }
  return steps;
}

/** Takes the last fault of a deck, and with `count` 2 the last one that may happen at the same time. */
function drawFrom(deck: Fault[], count: 1 | 2): Fault[] {
  const fault = deck.pop();
  if (fault === undefined) return [];
  const at = count === 2 ? deck.findLastIndex((other) => areMixable(fault, other)) : -1;
  return at < 0 ? [fault] : [fault, ...deck.splice(at, 1)];
}

/** One does not take away what the other is aimed at, and neither lasts much longer than the other needs. */
function areMixable(one: Fault, other: Fault): boolean {
  if (one.touches.some((part) => other.touches.includes(part))) return false;
  const isInstant = ({ holdMs }: Fault) => holdMs.includes(0);
  return !((one.leastMs !== undefined && !isInstant(other)) || (other.leastMs !== undefined && !isInstant(one)));
}

function holdsOf({ holdMs, leastMs = 0 }: Fault, longestMs: number): number[] {
  const possible = holdMs.filter((ms) => ms <= longestMs);
  return possible.length > 0 ? possible : [Math.max(longestMs, leastMs)];
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(random.between(0, left.length - 1), 1));
  return result;
}
