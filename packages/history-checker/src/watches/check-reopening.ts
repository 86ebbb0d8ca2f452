import { dueAfter, struckFaults } from '../faults/struck-faults.js';
import type { HistoryEntry, Violation } from '../history.js';
import { recoveryMs } from '../limits.js';

/**
 * A watch that has ended goes on from where it was or from a list, and nowhere else; and that within the time of
 * recovery after its end and after the processes of the faults of that time were ready again.
 */
export function checkReopening(history: readonly HistoryEntry[]): Violation[] {
  const faults = struckFaults(history);
  const recovery = recoveryMs(history);
  const ended = new Map<string, number>();
  /** The last revision of each watch that was listed or shown. */
  const seen = new Map<string, number>();
  const violations: Violation[] = [];
  const check = (watch: string, since: number, at: number): void => {
    if (at <= dueAfter(since, recovery, faults, ({ ready }) => ready)) return;
    const message = `${watch} could not be opened again for ${((at - since) / 1000).toFixed(1)} s`;
    violations.push({ check: 'watch-late', message, at });
  };
  let last = 0;
  for (const entry of history) {
    if (entry.entry === 'operation') last = Math.max(last, entry.began);
    if (entry.entry !== 'watch') continue;
    last = Math.max(last, entry.at);
    const { watch, at } = entry;
    if (entry.what === 'resume' && entry.revision > (seen.get(watch) ?? entry.revision)) {
      const message = `${watch} goes on from ${entry.revision}, and was shown all up to ${seen.get(watch)}`;
      violations.push({ check: 'watch-order', message, at });
    }
    if ('revision' in entry) seen.set(watch, entry.revision);
    if (entry.what === 'end' && !ended.has(watch)) ended.set(watch, at);
    if (entry.what !== 'resume') continue;
    const since = ended.get(watch);
    ended.delete(watch);
    if (since !== undefined) check(watch, since, at);
  }
  for (const [watch, since] of ended) check(watch, since, last);
  return violations;
}
