import type { HistoryEntry } from '../history.js';
import type { FaultRecord } from './fault-record.js';

/** A time from and to, both inclusive. */
export interface Span {
  from: number;
  to: number;
}

/** A fault that has struck, and when. */
export interface StruckFault extends FaultRecord {
  /** Not empty. The first begins when the fault may have begun to work. */
  spans: Span[];
  /** Begin of the first span. */
  from: number;
}

/**
 * The faults of a run in the order in which they struck. One that waited for a moment that never came is not among
 * them: it excuses nothing.
 */
export function struckFaults(history: readonly HistoryEntry[]): StruckFault[] {
  return history
    .flatMap((entry) => {
      if (entry.entry !== 'fault') return [];
      const { strikes, began, injected } = entry;
      const spans = strikes ? strikes.map((at) => ({ from: at, to: at })) : [{ from: began, to: injected }];
      const [first] = spans;
      return first ? [{ ...entry, spans, from: first.from }] : [];
    })
    .sort((one, other) => one.from - other.from);
}

/**
 * When something that is to be done `limitMs` after `since` is due: after the heal of every fault that struck before it
 * was due. `endOf` is when a fault was over.
 */
export function dueAfter(
  since: number,
  limitMs: number,
  faults: readonly StruckFault[],
  endOf: (fault: StruckFault) => number = ({ healed }) => healed,
): number {
  let due = since + limitMs;
  for (const fault of faults) {
    if (fault.from <= due && endOf(fault) >= since) due = Math.max(due, endOf(fault) + limitMs);
  }
  return due;
}

/** The times that every one of `groups` has in common with each other. */
export function commonSpans(groups: readonly (readonly Span[])[]): Span[] {
  const [first = [], ...others] = groups;
  return others.reduce<readonly Span[]>(
    (common, group) =>
      common.flatMap((one) =>
        group.flatMap((other) => {
          const from = Math.max(one.from, other.from);
          const to = Math.min(one.to, other.to);
          return from <= to ? [{ from, to }] : [];
        }),
      ),
    first,
  ) as Span[];
}

/** How much of a span lies in none of `others`, in ms. */
export function timeOutside({ from, to }: Span, others: readonly Span[]): number {
  let outside = 0;
  let at = from;
  for (const other of [...others].sort((one, two) => one.from - two.from)) {
    if (other.to <= at) continue;
    if (other.from >= to) break;
    outside += Math.max(0, other.from - at);
    at = other.to;
  }
  return outside + Math.max(0, to - at);
}

export function overlaps(one: Span, other: Span): boolean {
  return one.from <= other.to && other.from <= one.to;
}
