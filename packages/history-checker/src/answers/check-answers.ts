import type { HistoryEntry, Operation, StaleRead, Violation } from '../history.js';
import type { WatchRecord } from '../watches/watch-record.js';
import { Outages } from './outages.js';

/**
 * Answers while something is broken: an outage is a 503 with Retry-After or a 504, never a 500. A connection that was
 * open may break while an api is down; a new one by the front door only in the moment in which an api goes, or without
 * a front door. A read that may be stale is served as long as one replica lives.
 */
export function checkAnswers(history: readonly HistoryEntry[]): Violation[] {
  const outages = new Outages(history);
  return history.flatMap((entry) => {
    if (entry.entry === 'stale-read') return badStaleRead(entry, outages);
    if (entry.entry === 'watch') return badWatchEnd(entry, outages);
    if (entry.entry !== 'operation') return [];
    const what = badAnswer(entry, outages);
    if (what === undefined) return [];
    return [{ check: 'answer', message: `operation ${entry.id} of ${entry.client}: ${what}`, at: entry.ended }];
  });
}

function badAnswer(operation: Operation, outages: Outages): string | undefined {
  const { status, retryAfter, error, action, began, ended, reused = false } = operation;
  if (status === 504 && retryAfter && action.do !== 'read') return '504 with an invitation to repeat';
  const refusals = [404, 409, 429];
  if (status !== undefined && status >= 400 && status < 500 && !refusals.includes(status))
    return `${status} to ${action.do}`;
  if (status !== undefined && status >= 500) {
    if (status === 503 && retryAfter) return undefined;
    if (status === 504) return undefined;
    return `${status}${status === 503 ? ' without Retry-After' : ''} to ${action.do}`;
  }
  if (status !== undefined || error === undefined || error === 'gave up') return undefined;
  if (outages.excusesConnection(reused, { from: began, to: ended })) return undefined;
  return `its ${reused ? 'open' : 'new'} connection broke (${error}), which no fault excuses then`;
}

/** What a watch may be answered: start again from a list, too many, an outage. */
const WATCH_REFUSALS = [410, 429, 503, 504];

function badWatchEnd(record: WatchRecord, outages: Outages): Violation[] {
  if (record.what !== 'end') return [];
  const { watch, at, code, error } = record;
  const violation = (message: string): Violation[] => [{ check: 'answer', message, at }];
  if (code !== undefined && !WATCH_REFUSALS.includes(code)) return violation(`${code} to the watch ${watch}`);
  if (error === undefined || outages.excusesConnection(true, { from: at, to: at })) return [];
  return violation(`the connection of the watch ${watch} broke (${error}) with every replica up`);
}

function badStaleRead({ path, status, error, began, ended, reused = false }: StaleRead, outages: Outages): Violation[] {
  const time = { from: began, to: ended };
  if (status === 200) return [];
  if (status === undefined && outages.excusesConnection(reused, time)) return [];
  if (status === 503 && outages.excusesNoReplica(time)) return [];
  // An api that is told to stop refuses what comes by a connection that is still open, and ends it.
  if (status === 503 && reused && outages.excusesConnection(true, time)) return [];
  return [{ check: 'answer', message: `${status ?? error} to GET ${path}, which a cache may answer`, at: ended }];
}
