import type { CronJob, Stored } from '@everynode/objects';
import type { Schedule } from './schedule.js';

const SECOND = 1000;
/** Upstream's controller looks a little after the time that a schedule names. Source: nextScheduleDelta. */
const DELTA_MS = 100;
/** More missed times than this are told. */
const MANY = 100;

/** The last time that a CronJob was due, of those that have not been acted on. */
interface DueTime {
  /** Where the search began. */
  since: number;
  /** Undefined where no time has passed. */
  at: number | undefined;
  missed: 'none' | 'few' | 'many';
}

/**
 * Returns the last time that has passed, ms since the epoch. `hasDeadline`: times before the starting deadline do not
 * count. @returns an error text where the schedule names no two times.
 * Source: pkg/controller/cronjob/utils.go, mostRecentScheduleTime.
 */
export function dueTime(
  { metadata, spec, status }: Stored<CronJob>,
  schedule: Schedule,
  now: number,
  hasDeadline: boolean,
): DueTime | { error: string } {
  let since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp);
  const { startingDeadlineSeconds } = spec;
  if (hasDeadline && startingDeadlineSeconds !== undefined) {
    since = Math.max(since, now - startingDeadlineSeconds * SECOND);
  }
  const first = schedule.next(since);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first === undefined || second === undefined) {
    return { error: 'time difference between two schedules is less than 1 second' };
  }
  if (now < first) return { since, at: undefined, missed: 'none' };
  if (now < second) return { since, at: first, missed: 'none' };
  const count = Math.floor((now - first) / (second - first)) + 1;
  return { since, at: lastBefore(schedule, first, second - first, now), missed: count > MANY ? 'many' : 'few' };
}

/**
 * The last time up to now: from ever further back, so that years of missed times cost no more than a few. It begins
 * whole gaps after the first time, because times with a constant gap are counted from there.
 */
function lastBefore(schedule: Schedule, first: number, gap: number, now: number): number {
  for (let back = 2 * gap; ; back *= 2) {
    const from = first + Math.max(0, Math.floor((now - first - back) / gap)) * gap;
    let last = from === first ? first : undefined;
    for (let at = schedule.next(from); at !== undefined && at <= now; at = schedule.next(at)) last = at;
    if (last !== undefined) return last;
  }
}

/** In how many ms a CronJob is to be looked at again; undefined where never. Source: nextScheduleTimeDuration. */
export function nextDueInMs(cronJob: Stored<CronJob>, schedule: Schedule, now: number): number | undefined {
  const due = dueTime(cronJob, schedule, now, false);
  const from = 'error' in due ? now : (due.at ?? due.since);
  const next = schedule.next(from);
  return next === undefined ? undefined : Math.max(0, next + DELTA_MS - now);
}
