import { checkAnswers } from './answers/check-answers.js';
import { checkMarks } from './answers/check-marks.js';
import { checkPatience } from './answers/check-patience.js';
import { checkStandstills } from './answers/standstills.js';
import type { HistoryEntry, Violation } from './history.js';
import { checkLinearizability } from './linearizability/check-linearizability.js';
import { checkRollouts } from './rollout/check-rollouts.js';
import { checkEnd } from './stored/check-end.js';
import { checkStored } from './stored/check-stored.js';
import { checkFreshness } from './watches/check-freshness.js';
import { checkReopening } from './watches/check-reopening.js';
import { checkWatches } from './watches/check-watches.js';
import { checkJournal } from './writes/check-journal.js';
import { checkWrites } from './writes/check-writes.js';

/** Every promise that a recorded run breaks, in the order of time. */
export function checkHistory(history: readonly HistoryEntry[]): Violation[] {
  const checks = [
    checkJournal,
    checkWrites,
    checkLinearizability,
    checkWatches,
    checkReopening,
    checkFreshness,
    checkRollouts,
    checkAnswers,
    checkStandstills,
    checkPatience,
    checkMarks,
    checkStored,
    checkEnd,
    checkConvergence,
    checkLeaks,
  ];
  return checks.flatMap((check) => check(history)).sort((one, other) => one.at - other.at);
}

/** Invariant 6: when a fault ends, all is as it shall be within the limit. */
function checkConvergence(history: readonly HistoryEntry[]): Violation[] {
  return history.flatMap((entry) => {
    if (entry.entry !== 'converged') return [];
    const { after, since, at, limitMs, trouble } = entry;
    if (at !== undefined && at - since <= limitMs) return [];
    const when = at === undefined ? 'not converged' : `converged after ${((at - since) / 1000).toFixed(1)} s`;
    return [{ check: 'convergence', message: `after ${after}: ${when}${trouble ? `: ${trouble}` : ''}`, at: since }];
  });
}

function checkLeaks(history: readonly HistoryEntry[]): Violation[] {
  return history.flatMap((entry) => {
    if (entry.entry !== 'leak' || entry.after <= entry.limit) return [];
    const { what, before, after, limit, at } = entry;
    return [{ check: 'leak', message: `${what}: ${after} after the run (${before} before, at most ${limit})`, at }];
  });
}
