import type { FaultRecord } from './fault-record.js';
import type { HistoryEntry, Operation, StaleRead, Violation, WatchRecord } from './history.js';

/** A connection may break so long before a process is known to be down, and after it is up, in ms. */
const SLACK_MS = 1500;

/**
 * Answers while something is broken: an outage is a 503 with Retry-After or a 504, never a 500; a connection breaks
 * only when an api replica or the supervisor was down. While all of them are up, a read that may be stale is served.
 */
export function checkAnswers(history: readonly HistoryEntry[]): Violation[] {
  const downs = history.flatMap((entry) => (entry.entry === 'fault' ? downTimes(entry) : []));
  return history.flatMap((entry) => {
    if (entry.entry === 'stale-read') return badStaleRead(entry, downs);
    if (entry.entry === 'watch') return badWatchEnd(entry);
    if (entry.entry !== 'operation') return [];
    const what = badAnswer(entry, downs);
    if (what === undefined) return [];
    return [{ check: 'answer', message: `operation ${entry.id} of ${entry.client}: ${what}`, at: entry.ended }];
  });
}

interface Down {
  process: string;
  from: number;
  to: number;
}

function downTimes({ down, began, ready }: FaultRecord): Down[] {
  return down.map((process) => ({ process, from: began - SLACK_MS, to: ready + SLACK_MS }));
}

function badAnswer({ status, retryAfter, error, action, began, ended }: Operation, downs: Down[]): string | undefined {
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
  return isExcused(downs, began, ended) ? undefined : `its connection broke (${error}) with every replica up`;
}

/** What a watch may be answered: start again from a list, too many, an outage. */
const WATCH_REFUSALS = [410, 429, 503, 504];

function badWatchEnd(record: WatchRecord): Violation[] {
  if (record.what !== 'end' || record.code === undefined || WATCH_REFUSALS.includes(record.code)) return [];
  return [{ check: 'answer', message: `${record.code} to the watch ${record.watch}`, at: record.at }];
}

function badStaleRead({ path, status, error, began, ended }: StaleRead, downs: Down[]): Violation[] {
  if (status === 200 || isExcused(downs, began, ended)) return [];
  return [{ check: 'answer', message: `${status ?? error} to GET ${path}, which a cache may answer`, at: ended }];
}

/** Whether an api, or the front door, was down. */
function isExcused(downs: Down[], began: number, ended: number): boolean {
  return downs.some(
    ({ process, from, to }) => from <= ended && to >= began && (process.startsWith('api-') || process === 'supervisor'),
  );
}
