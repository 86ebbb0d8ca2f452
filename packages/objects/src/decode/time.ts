import { DecodeError } from './decode-error.js';
import { remembered } from './remembered.js';

const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The numbers of a time: a name for messages, the text in the layout, the text after it, and the limits. */
const NUMBERS = [
  { name: 'month', layout: '01', before: '-', fixed: true, min: 1, max: 12 },
  { name: 'day', layout: '02', before: '-', fixed: true, min: 0, max: 99 },
  { name: 'hour', layout: '15', before: 'T', fixed: false, min: 0, max: 23 },
  { name: 'minute', layout: '04', before: ':', fixed: true, min: 0, max: 59 },
  { name: 'second', layout: '05', before: ':', fixed: true, min: 0, max: 59 },
] as const;

interface Instant {
  /** Whole seconds, as `2026-01-01T00:00:00` in UTC. */
  seconds: string;
  /** Digits after the point. */
  fraction: string;
}

/** Reads a time as Go's time.Parse does, with its errors. Source: Go time/format.go. */
class TimeReader {
  private rest: string;

  constructor(
    private readonly text: string,
    private readonly layout: string,
  ) {
    this.rest = text;
  }

  read(): Instant {
    if (this.rest.length < 4 || !/^\d/.test(this.rest)) this.fail('2006');
    const yearText = this.take(4);
    if (!/^\d{4}$/.test(yearText)) this.fail('2006', yearText + this.rest);
    const numbers = NUMBERS.map((number) => this.number(number));
    const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
    const fraction = this.fraction();
    const offset = this.offset();
    if (this.rest !== '') this.refuse(`: extra text: ${JSON.stringify(this.rest)}`);
    const year = Number(yearText);
    const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
    if (day < 1 || day > (DAYS[month - 1] ?? 0) + leap) this.refuse(': day out of range');
    const utc = new Date(0);
    // Date.UTC takes years below 100 for years of the last century.
    utc.setUTCFullYear(year, month - 1, day);
    utc.setUTCHours(hour, minute - offset, second);
    return { seconds: utc.toISOString().slice(0, -'.000Z'.length), fraction };
  }

  private take(length: number): string {
    const taken = this.rest.slice(0, length);
    this.rest = this.rest.slice(length);
    return taken;
  }

  private number({ name, layout, before, fixed, min, max }: (typeof NUMBERS)[number]): number {
    if (!this.rest.startsWith(before)) this.fail(before);
    this.take(before.length);
    const match = (fixed ? /^\d\d/ : /^\d\d?/).exec(this.rest);
    if (!match) this.fail(layout);
    const value = Number(this.take(match[0].length));
    if (value < min || value > max) this.refuse(`: ${name} out of range`);
    return value;
  }

  /** Digits of a second. A layout without them takes any number, another one exactly its own. */
  private fraction(): string {
    if (this.layout === LAYOUT) {
      const match = /^[.,](\d+)/.exec(this.rest);
      return match ? this.take(match[0].length).slice(1) : '';
    }
    if (!/^[.,]\d{6}/.test(this.rest)) this.fail('.000000');
    return this.take('.000000'.length).slice(1);
  }

  /** Minutes east of UTC. */
  private offset(): number {
    if (this.rest.startsWith('Z')) {
      this.take(1);
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(this.rest);
    if (!match) this.fail('Z07:00');
    const [all, sign, hours, minutes] = match;
    this.take(all.length);
    if (Number(hours) > 24) this.refuse(': time zone offset hour out of range');
    if (Number(minutes) > 60) this.refuse(': time zone offset minute out of range');
    const offset = Number(hours) * 60 + Number(minutes);
    return sign === '-' ? -offset : offset;
  }

  private fail(element: string, found = this.rest): never {
    const what = `cannot parse ${JSON.stringify(found)} as ${JSON.stringify(element)}`;
    this.refuse(` as ${JSON.stringify(this.layout)}: ${what}`);
  }

  private refuse(message: string): never {
    throw new DecodeError(`parsing time ${JSON.stringify(this.text)}${message}`, true);
  }
}

/** Go's zero time, which its encoder writes as null, is returned as the empty text. */
const ZERO = '0001-01-01T00:00:00';

const isZero = ({ seconds, fraction }: Instant): boolean => seconds === ZERO && !/[1-9]/.test(fraction);

/**
 * metav1.Time as Go writes it: UTC, whole seconds; empty for the zero time.
 * @throws DecodeError when the text is no such time.
 */
export const canonicalTime = remembered((text) => {
  const instant = new TimeReader(text, LAYOUT).read();
  return isZero(instant) ? '' : `${instant.seconds}Z`;
});

/**
 * metav1.MicroTime as Go writes it: UTC with six digits after the point; empty for the zero time.
 * @throws DecodeError when the text is no such time.
 */
export function canonicalMicroTime(text: string): string {
  const instant = new TimeReader(text, MICRO_LAYOUT).read();
  return isZero(instant) ? '' : `${instant.seconds}.${instant.fraction}Z`;
}
