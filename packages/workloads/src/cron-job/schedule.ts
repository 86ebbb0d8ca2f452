import { type CronJob, isTimeZone, parseCronSchedule, splitZone } from '@everynode/objects';
import { Cron } from 'croner';

/** When a CronJob is due, by the clock of its time zone. Times are ms since the epoch. */
export interface Schedule {
  /** The first time after `at`; undefined where there is none within the next years. */
  next: (at: number) => number | undefined;
}

/** Why a schedule of a CronJob cannot be followed: the event of it. */
interface Unscheduled {
  reason: 'UnknownTimeZone' | 'UnparseableSchedule';
  message: string;
}

const SECOND = 1000;
const UTC = 'UTC';

/**
 * Reads the schedule of a CronJob. One without a time zone is read as UTC, which the clock of upstream's controller
 * usually shows. Source: pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob and formatSchedule.
 */
export function scheduleOf({ spec }: CronJob): Schedule | Unscheduled {
  const { schedule, timeZone } = spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return { reason: 'UnknownTimeZone', message };
  }
  const [own, fields] = splitZone(schedule);
  const zone = own ?? timeZone ?? UTC;
  const parsed = parseCronSchedule(fields);
  const error = isTimeZone(zone) ? ('error' in parsed ? parsed.error : undefined) : `unknown time zone ${zone}`;
  if (error !== undefined || 'error' in parsed) {
    return { reason: 'UnparseableSchedule', message: `unparseable schedule: ${JSON.stringify(schedule)} : ${error}` };
  }
  if ('everyMs' in parsed) {
    // Source: robfig/cron, constantdelay.go, Next.
    return { next: (at) => Math.floor(at / SECOND) * SECOND + parsed.everyMs };
  }
  return { next: nextOf(parsed.pattern, zone) };
}

function nextOf(pattern: string, timezone: string): Schedule['next'] {
  // A field of commas alone names no value, so it never comes.
  const fields = pattern.split(' ');
  if (fields.includes('') || isNoDay(fields)) return () => undefined;
  const cron = new Cron(pattern, { timezone, paused: true });
  return (at) => cron.nextRun(new Date(at))?.getTime();
}

const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True for days that no month of the schedule has, as February 30: the library looks for them through 8000 years. */
function isNoDay([, , days = '*', months = '*', weekdays = '*']: readonly string[]): boolean {
  // Days of the month and of the week: either is enough.
  if (days === '*' || months === '*' || weekdays !== '*') return false;
  const first = Math.min(...days.split(',').map(Number));
  return months.split(',').every((month) => first > (DAYS_OF_MONTHS[Number(month) - 1] ?? 0));
}
