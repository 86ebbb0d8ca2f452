import type { HistoryEntry, Violation } from '../history.js';
import { ClusterReplay } from '../rollout/cluster-replay.js';
import { unsteadiness } from '../rollout/steady-state.js';

/**
 * A run that has converged after its last fault is steady at its end, by the journal alone: what the harness saw then
 * is not taken for granted.
 */
export function checkEnd(history: readonly HistoryEntry[]): Violation[] {
  const end = history.find((entry) => entry.entry === 'stored');
  const last = history.findLast((entry) => entry.entry === 'converged');
  // One that has not converged is a violation by itself, and an edit after that begins something new.
  if (end === undefined || (last && last.at === undefined) || isEditedAfter(history, last?.at ?? 0)) return [];
  const replay = new ClusterReplay();
  for (const entry of history) {
    if (entry.entry === 'change' && entry.revision <= end.revision) replay.apply(entry);
  }
  const trouble = unsteadiness(replay);
  if (trouble === undefined) return [];
  return [{ check: 'convergence', message: `at the end, at revision ${end.revision}: ${trouble}`, at: end.at }];
}

function isEditedAfter(history: readonly HistoryEntry[], time: number): boolean {
  return history.some((entry) => entry.entry === 'operation' && entry.action.do === 'edit' && entry.ended > time);
}
