import { compareKeys, isMap, kindOf } from './json.js';

/**
 * A value as Go's `%v` prints it: `map[image:busybox ports:[80 81]]`, keys sorted. Messages of upstream's strategic
 * merge patch quote maps in this form, and clients show or compare them.
 */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isMap(value)) return String(value);
  const members = Object.keys(value)
    .sort(compareKeys)
    .map((key) => `${key}:${goText(value[key])}`);
  return `map[${members.join(' ')}]`;
}

/** The type of a JSON value in Go, as `%s` prints it. */
export function goTypeOf(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'map') return 'map[string]interface {}';
  if (kind === 'list') return '[]interface {}';
  if (kind === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return kind === 'null' ? '%!s(<nil>)' : kind;
}
