import type { HistoryEntry, Violation } from '../history.js';
import { recoveryMs } from '../limits.js';

/**
 * A read that a cache answers has a warning that it may be stale when the store cannot be read: when no read of the
 * newest state has been answered for the time of recovery, which every probe of the services is shorter than.
 */
export function checkMarks(history: readonly HistoryEntry[]): Violation[] {
  const recovery = recoveryMs(history);
  const answered = history
    .flatMap((entry) =>
      entry.entry === 'operation' && entry.status !== undefined && entry.status < 500 ? [entry] : [],
    )
    .map(({ began, ended }) => ({ began, ended }));
  return history.flatMap((entry) => {
    if (entry.entry !== 'stale-read' || entry.status !== 200 || entry.warned) return [];
    const { path, began, ended } = entry;
    // Before the first answer, nothing is known.
    const isKnown = answered.some((one) => one.ended < began - recovery);
    if (!isKnown || answered.some((one) => one.ended >= began - recovery && one.began <= ended)) return [];
    const message = `GET ${path} does not say that it may be stale, and no read of the newest state is answered`;
    return [{ check: 'answer', message, at: ended }];
  });
}
