import { parseGoDuration } from '../go-duration.js';
import { goQuoted } from '../go-print.js';

/** When a CronJob is due: again and again after a time, or at the minutes that five fields name. */
export type CronSchedule =
  | { everyMs: number }
  /** Five fields with their values written out; `*` for a field that restricts nothing. */
  | { pattern: string };

interface Bounds {
  min: number;
  max: number;
  names?: Readonly<Record<string, number>>;
}

const numbered = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, i) => [name, first + i]));

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { min: 0, max: 6, names: numbered('sun mon tue wed thu fri sat', 0) },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Why a schedule cannot be read, in the words of upstream's library. */
interface Fault {
  error: string;
}

const isFault = (value: unknown): value is Fault => typeof value === 'object' && value !== null && 'error' in value;

/**
 * Reads a schedule as upstream's library does: five fields or a descriptor. Returns its error text for others.
 * Source: github.com/robfig/cron v3, parser.go, ParseStandard.
 */
export function parseCronSchedule(text: string): CronSchedule | Fault {
  if (text === '') return { error: 'empty spec string' };
  if (text.startsWith('@')) return descriptor(text);
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    return { error: `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]` };
  }
  const lists: string[] = [];
  for (const [i, bounds] of FIELDS.entries()) {
    const list = fieldValues(fields[i] ?? '', bounds);
    if (isFault(list)) return list;
    lists.push(list);
  }
  return { pattern: lists.join(' ') };
}

function descriptor(text: string): CronSchedule | Fault {
  const pattern = DESCRIPTORS[text];
  if (pattern !== undefined) return { pattern };
  const every = '@every ';
  if (!text.startsWith(every)) return { error: `unrecognized descriptor: ${text}` };
  const duration = text.slice(every.length);
  const ms = parseGoDuration(duration);
  if (ms === undefined) {
    return { error: `failed to parse duration ${text}: time: invalid duration ${goQuoted(duration)}` };
  }
  // Whole seconds, and one at least. Source: constantdelay.go, Every.
  return { everyMs: Math.max(1000, Math.trunc(ms / 1000) * 1000) };
}

/** Returns the values of a field as a list, `*` where it has a star. */
function fieldValues(field: string, bounds: Bounds): string | Fault {
  const values = new Set<number>();
  let isAny = false;
  for (const range of field.split(',').filter((part) => part !== '')) {
    const added = addRange(range, bounds, values);
    if (isFault(added)) return added;
    isAny ||= added;
  }
  return isAny ? '*' : [...values].sort((a, b) => a - b).join(',');
}

/** Adds the values of a range. True for a star. Source: parser.go, getRange. */
function addRange(range: string, { min, max, names }: Bounds, values: Set<number>): boolean | Fault {
  const [span = '', stepText, ...slashes] = range.split('/');
  const [low = '', high, ...hyphens] = span.split('-');
  const isStar = low === '*' || low === '?';
  const start = isStar ? min : numberOf(low, names);
  if (isFault(start)) return start;
  if (!isStar && hyphens.length > 0) return { error: `too many hyphens: ${range}` };
  let end = isStar ? max : high === undefined ? start : numberOf(high, names);
  if (isFault(end)) return end;
  if (slashes.length > 0) return { error: `too many slashes: ${range}` };
  const step = stepText === undefined ? 1 : numberOf(stepText);
  if (isFault(step)) return step;
  if (stepText !== undefined && high === undefined) end = max;
  if (start < min) return { error: `beginning of range (${start}) below minimum (${min}): ${range}` };
  if (end > max) return { error: `end of range (${end}) above maximum (${max}): ${range}` };
  if (start > end) return { error: `beginning of range (${start}) beyond end of range (${end}): ${range}` };
  if (step === 0) return { error: `step of range should be a positive number: ${range}` };
  for (let value = start; value <= end; value += step) values.add(value);
  return isStar && step === 1;
}

function numberOf(text: string, names: Bounds['names'] = {}): number | Fault {
  const named = names[text.toLowerCase()];
  if (named !== undefined) return named;
  const failed = (reason: string): Fault => ({
    error: `failed to parse int from ${text}: strconv.Atoi: parsing ${goQuoted(text)}: ${reason}`,
  });
  if (!/^[+-]?\d+$/.test(text)) return failed('invalid syntax');
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return failed('value out of range');
  return value < 0 ? { error: `negative number (${value}) not allowed: ${text}` } : value;
}
