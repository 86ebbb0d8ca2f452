import { overlaps, type Span, type StruckFault, struckFaults, timeOutside } from '../faults/struck-faults.js';
import type { HistoryEntry, Operation, Violation } from '../history.js';
import { marginMs } from '../limits.js';
import { Outages } from './outages.js';

/** What stands still: writes that are acknowledged, or reads of the newest state that are answered. */
export type Traffic = 'writes' | 'reads';

/** Nothing but what a fault's record says keeps every client from success for longer, in ms. */
const GENERAL_MS = 5000;

/**
 * No write is acknowledged, or no read answered, for longer than the faults of that time allow: none at all while a
 * fault lasts that says so, and otherwise for no more than its limit.
 */
export function checkStandstills(history: readonly HistoryEntry[]): Violation[] {
  const faults = struckFaults(history);
  const { allStopped } = new Outages(history);
  const margin = marginMs(history);
  return (['writes', 'reads'] as const).flatMap((traffic) => {
    const excused = [...meanwhile(faults, traffic), ...allStopped];
    return gapsOf(history, traffic).flatMap((gap) => {
      const stood = timeOutside(gap, excused);
      const limit = limitOf(gap, faults, traffic) + margin;
      if (stood <= limit) return [];
      const words = traffic === 'writes' ? 'no write was acknowledged' : 'no read was answered';
      const message = `${words} for ${seconds(gap.to - gap.from)}, ${seconds(stood)} of it beyond what faults excuse`;
      return [{ check: 'standstill', message, at: gap.to }];
    });
  });
}

/** The longest time without success between two times, in ms. */
export function longestStandstill(history: readonly HistoryEntry[], traffic: Traffic, time: Span): number {
  const within = gapsOf(history, traffic).map(({ from, to }) => Math.min(to, time.to) - Math.max(from, time.from));
  return Math.max(0, ...within);
}

/** When a kind of operation was impossible by the faults' own word. */
export function meanwhile(faults: readonly StruckFault[], traffic: Traffic): Span[] {
  return faults.filter(({ effects }) => effects[traffic].meanwhile).map(({ from, healed }) => ({ from, to: healed }));
}

function limitOf(gap: Span, faults: readonly StruckFault[], traffic: Traffic): number {
  const limits = faults
    .filter(({ from, healed, effects }) => overlaps(gap, { from, to: healed + effects[traffic].limitMs }))
    .map(({ effects }) => effects[traffic].limitMs);
  return limits.length === 0 ? GENERAL_MS : Math.max(...limits);
}

/** The times between two successes, from the first try to the last. */
function gapsOf(history: readonly HistoryEntry[], traffic: Traffic): Span[] {
  const operations = history.flatMap((entry) => (entry.entry === 'operation' && isOf(entry, traffic) ? [entry] : []));
  const tries = operations.map(({ began }) => began).sort((one, other) => one - other);
  const successes = operations.filter(({ outcome }) => outcome === 'ok').map(({ ended }) => ended);
  successes.sort((one, other) => one - other);
  const [first] = tries;
  const last = tries.at(-1);
  if (first === undefined || last === undefined) return [];
  const times = [first, ...successes, Math.max(last, successes.at(-1) ?? last)];
  return times.slice(1).map((to, at) => ({ from: times[at] ?? to, to }));
}

const isOf = ({ action }: Operation, traffic: Traffic): boolean => (action.do === 'read') === (traffic === 'reads');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
