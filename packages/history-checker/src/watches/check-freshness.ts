import type { HistoryEntry, Violation } from '../history.js';

/**
 * A list of the newest state has every write that was acknowledged before it was asked for: lists are linearizable, as
 * reads of one object are.
 */
export function checkFreshness(history: readonly HistoryEntry[]): Violation[] {
  const acknowledged = history
    .flatMap((entry) =>
      entry.entry === 'operation' && entry.outcome === 'ok' && entry.revision !== undefined ? [entry] : [],
    )
    .map(({ id, ended, revision = 0 }) => ({ id, ended, revision }))
    .sort((one, other) => one.ended - other.ended);
  return history.flatMap((entry) => {
    if (entry.entry !== 'watch' || entry.what !== 'list') return [];
    const { watch, began, at, revision } = entry;
    if (began === undefined) return [];
    const newer = acknowledged.find((one) => one.ended < began && one.revision > revision);
    if (!newer) return [];
    const message = `${watch} lists at revision ${revision}, and operation ${newer.id} had its answer at ${newer.revision}`;
    return [{ check: 'watch-list', message, at }];
  });
}
