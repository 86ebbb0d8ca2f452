import type { HistoryEntry } from './history.js';

/** Invariant 6: all is as it shall be so soon after a fault, in ms. */
const RECOVERY_MS = 10_000;
/** On top of a limit for answers: the least patient client has to give up first, and to ask again. In ms. */
const MARGIN_MS = 3000;

/** How soon all has to be as it shall be: 10 s, or what the run allows on a machine that does other things, too. */
export function recoveryMs(history: readonly HistoryEntry[]): number {
  return history.find((entry) => entry.entry === 'run')?.recoveryMs ?? RECOVERY_MS;
}

/** What is allowed on top of a limit for answers, in ms. It grows as the recovery does. */
export function marginMs(history: readonly HistoryEntry[]): number {
  return (MARGIN_MS * recoveryMs(history)) / RECOVERY_MS;
}
