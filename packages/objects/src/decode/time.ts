import { DecodeError } from './decode-error.js';
import { remembered } from './remembered.js';

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;
const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

function timeError(text: string, layout: string): DecodeError {
  const year = /^\d{4}/.test(text) ? '' : `cannot parse ${JSON.stringify(text)} as "2006"`;
  return new DecodeError(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ${year || 'not a time of this form'}`,
  );
}

interface Instant {
  /** Whole seconds, as `2026-01-01T00:00:00` in UTC. */
  seconds: string;
  fraction: string;
}

function readInstant(text: string, layout: string): Instant {
  const match = RFC3339.exec(text);
  if (!match) throw timeError(text, layout);
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const echoed = new Date(local).toISOString().slice(0, 19);
  // Date.UTC carries 30 February over into March; Go refuses it.
  if (echoed !== text.slice(0, 19)) throw timeError(text, layout);
  if (zone === 'Z') return { seconds: echoed, fraction };
  const [hours = '0', minutes = '0'] = zone.slice(1).split(':');
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const utc = zone.startsWith('-') ? local + offset : local - offset;
  return { seconds: new Date(utc).toISOString().slice(0, 19), fraction };
}

/**
 * metav1.Time as Go writes it: UTC, whole seconds.
 * @throws DecodeError when the text is no such time.
 */
export const canonicalTime = remembered((text) => `${readInstant(text, LAYOUT).seconds}Z`);

/**
 * metav1.MicroTime as Go writes it: UTC with six digits after the point.
 * @throws DecodeError when the text is no such time.
 */
export function canonicalMicroTime(text: string): string {
  const { seconds, fraction } = readInstant(text, MICRO_LAYOUT);
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
