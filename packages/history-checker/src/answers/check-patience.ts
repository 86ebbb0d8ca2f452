import { type Span, struckFaults, timeOutside } from '../faults/struck-faults.js';
import type { HistoryEntry, Operation, Violation } from '../history.js';
import { marginMs } from '../limits.js';
import { Outages } from './outages.js';
import { meanwhile } from './standstills.js';

/** After this time the front door knows which replica does not answer, in ms. */
const NOTICED_MS = 5000;

/**
 * A client that gives up, and asks again by a new connection, gets an answer in the end: whatever answer, and while
 * faults last that leave nothing to answer, later.
 */
export function checkPatience(history: readonly HistoryEntry[]): Violation[] {
  const faults = struckFaults(history);
  const { door, allStopped } = new Outages(history);
  const excused = [...door, ...allStopped, ...meanwhile(faults, 'writes'), ...meanwhile(faults, 'reads')];
  const allowed = NOTICED_MS + marginMs(history);
  return streaks(history).flatMap((streak) => {
    const time = spanOf(streak);
    const patience = Math.max(...streak.map(({ began, ended }) => ended - began));
    if (timeOutside(time, excused) <= allowed + patience) return [];
    const lasted = ((time.to - time.from) / 1000).toFixed(1);
    const message = `${streak[0]?.client} gave up ${streak.length} times in a row and had no answer for ${lasted} s`;
    return [{ check: 'standstill', message, at: time.to }];
  });
}

/** Operations of one client, one after the other, that it gave up. */
function streaks(history: readonly HistoryEntry[]): Operation[][] {
  const byClient = new Map<string, Operation[][]>();
  for (const entry of history) {
    if (entry.entry !== 'operation') continue;
    const ofClient = byClient.get(entry.client) ?? [[]];
    byClient.set(entry.client, ofClient);
    // One who hangs up on purpose has not waited for an answer.
    if (entry.outcome === 'unknown' && entry.error === 'gave up') ofClient.at(-1)?.push(entry);
    else if (ofClient.at(-1)?.length !== 0) ofClient.push([]);
  }
  return [...byClient.values()].flat().filter(({ length }) => length > 0);
}

function spanOf(streak: readonly Operation[]): Span {
  return { from: Math.min(...streak.map(({ began }) => began)), to: Math.max(...streak.map(({ ended }) => ended)) };
}
