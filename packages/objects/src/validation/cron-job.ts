import type { FieldError } from '../field-error.js';
import type { CronJob, CronJobSpec } from '../kinds/api-types.js';
import { parseCronSchedule } from './cron-schedule.js';
import { append, invalidValue, nonNegative, notSupported, oneOf, required } from './field-errors.js';
import { validateJobSpec } from './job.js';

/** A Job's name is its CronJob's and 11 characters more. */
const MAX_NAME = 52;

/** pkg/apis/batch/validation ValidateCronJobCreate. */
export function validateNewCronJob({ metadata, spec }: CronJob): FieldError[] {
  const { name = '' } = metadata ?? {};
  const errors = validateCronJobSpec(spec, undefined);
  if (name.length > MAX_NAME) errors.push(invalidValue('metadata.name', name, 'must be no more than 52 characters'));
  return errors;
}

/** pkg/apis/batch/validation validateCronJobSpec; `before` is undefined for a new object. */
export function validateCronJobSpec(spec: CronJobSpec, before: CronJobSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.schedule === '') errors.push(required('spec.schedule'));
  else append(errors, scheduleErrors(spec, before));
  append(errors, nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds));
  if (spec.timeZone !== undefined && spec.timeZone !== before?.timeZone) {
    append(errors, timeZoneErrors(spec.timeZone));
  }
  append(errors, oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']));
  append(errors, templateErrors(spec.jobTemplate));
  append(errors, nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit));
  append(errors, nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit));
  return errors;
}

function scheduleErrors({ schedule, timeZone }: CronJobSpec, before: CronJobSpec | undefined): FieldError[] {
  const field = 'spec.schedule';
  const mayHaveZone = before?.schedule.includes('TZ') ?? false;
  const [zone, fields] = splitZone(schedule);
  const parsed = parseCronSchedule(fields);
  const errors: FieldError[] = [];
  if (zone !== undefined && !isTimeZone(zone)) {
    errors.push(invalidValue(field, schedule, `provided bad location ${zone}: unknown time zone ${zone}`));
  } else if ('error' in parsed) errors.push(invalidValue(field, schedule, parsed.error));
  if (!schedule.includes('TZ')) return errors;
  if (!mayHaveZone) {
    errors.push(invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  } else if (timeZone !== undefined) {
    errors.push(invalidValue(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  }
  return errors;
}

/** A schedule of old may begin with its time zone: `TZ=Europe/Berlin 0 5 * * *`. */
export function splitZone(schedule: string): [zone: string | undefined, fields: string] {
  const [, zone, fields] = /^(?:CRON_)?TZ=(\S*) +(.*)$/s.exec(schedule) ?? [];
  return zone === undefined ? [undefined, schedule] : [zone, (fields ?? '').trim()];
}

/** pkg/apis/batch/validation validateTimeZone. */
function timeZoneErrors(zone: string): FieldError[] {
  const field = 'spec.timeZone';
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')];
  const isName = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && /^[A-Za-z.\-_0-9+]{1,14}$/.test(part);
  if (!zone.split('/').every(isName)) return [invalidValue(field, zone, `unknown time zone ${zone}`)];
  if (zone.toLowerCase() === 'local') {
    const rule = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    const unknown = zone === 'Local' ? [] : [invalidValue(field, zone, `unknown time zone ${zone}`)];
    return [invalidValue(field, zone, rule), ...unknown];
  }
  return isTimeZone(zone) ? [] : [invalidValue(field, zone, `unknown time zone ${zone}`)];
}

/** True for a name of the IANA data base, in its case. */
export function isTimeZone(zone: string): boolean {
  // Offsets, which newer engines take for zones, are no names.
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions();
    return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}

/** pkg/apis/batch/validation ValidateJobTemplateSpec. */
function templateErrors({ spec }: CronJobSpec['jobTemplate']): FieldError[] {
  const field = 'spec.jobTemplate.spec';
  if (!spec) return [];
  const errors = validateJobSpec(spec, field);
  if (spec.selector) errors.push(invalidValue(`${field}.selector`, spec.selector, '`selector` will be auto-generated'));
  if (spec.manualSelector === true) errors.push(notSupported(`${field}.manualSelector`, true, ['nil', 'false']));
  return errors;
}
