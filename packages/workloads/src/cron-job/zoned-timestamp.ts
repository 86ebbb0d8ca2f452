import { timestamp } from '@everynode/objects';

/** Writes a time by the clock of a zone, as Go's RFC3339: `2026-01-01T01:00:00+01:00`, and with a `Z` for UTC. */
export function zonedTimestamp(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  if (sign === undefined) return timestamp(at);
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return offset === 0 ? timestamp(at) : timestamp(at + offset).replace('Z', `${sign}${hours}:${minutes}`);
}
