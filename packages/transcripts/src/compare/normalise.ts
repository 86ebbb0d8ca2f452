import { isObject, type Json, type JsonObject } from '../exchange.js';
import { isAge, serverMadeAt } from './server-made.js';

interface Normalising {
  /** For the recorded side: replaces its values by ours. */
  translate?: (text: string) => string;
  /** Times that clients sent: the server returns them unchanged. */
  sentTimes: ReadonlySet<string>;
  /** True where the value is whole: its managedFields are then sorted, as servers sort them by the second. */
  sortsOwners: boolean;
}

/**
 * A value without what differs from run to run: times, versions and ages in tables become words, and causes are sorted.
 * Both sides of a comparison go through this.
 */
export function normalise(value: Json, how: Normalising, path: readonly string[] = []): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => normalise(item, how, path));
    return how.sortsOwners && path.at(-1) === 'managedFields' ? items.sort(byOwner) : items;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, item]): [string, Json] => [
      // Owned items of a list are keys of managedFields: `k:{"uid":"…"}`.
      how.translate?.(key) ?? key,
      normalise(item, how, [...path, key]),
    ]);
    return inOneOrder(withoutAges(Object.fromEntries(entries)));
  }
  if (typeof value !== 'string') return value;
  const kind = serverMadeAt(path, value);
  if (kind === 'time') return how.sentTimes.has(value) ? value : '<time>';
  if (kind === 'version') return '<version>';
  if (kind === 'token') return '<token>';
  if (kind === 'etag') return '<etag>';
  return how.translate ? how.translate(value) : value;
}

/** Replaces the ages in a table's rows. */
function withoutAges(object: JsonObject): JsonObject {
  if (!Array.isArray(object.cells)) return object;
  return { ...object, cells: object.cells.map(withoutAge) };
}

/** Sorts the causes of a Status and the parts of its message: those that come from a Go map have a random order. */
function inOneOrder(object: JsonObject): JsonObject {
  const { details, message } = object;
  if (object.kind !== 'Status' || !isObject(details) || !Array.isArray(details.causes)) return object;
  const causes = details.causes.filter(isObject);
  if (causes.length < 2) return object;
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`).sort();
  const sorted = [...causes].sort((a, b) => compareTexts(textOf(a), textOf(b)));
  return {
    ...object,
    details: { ...details, causes: sorted },
    ...(message !== undefined && { message: reordered(message, texts) }),
  };
}

const textOf = (cause: JsonObject): string => `${cause.field} ${cause.message}`;
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts the parts of `… is invalid: [b, a]`, when nothing else stands in the brackets. */
function reordered(message: Json, parts: string[]): Json {
  if (typeof message !== 'string') return message;
  const at = message.indexOf('[');
  if (at < 0 || !message.endsWith(']')) return message;
  const unique = [...new Set(parts)];
  let rest = message.slice(at + 1, -1);
  for (const part of unique) rest = rest.replace(part, '');
  return /^(, )*$/.test(rest) ? `${message.slice(0, at)}[${unique.join(', ')}]` : message;
}

/** By what does not depend on the time of a write. */
function byOwner(a: Json, b: Json): number {
  const text = (entry: Json): string => {
    const { operation, manager, apiVersion, subresource } = isObject(entry) ? entry : {};
    return JSON.stringify([operation, manager, apiVersion, subresource]);
  };
  return compareTexts(text(a), text(b));
}

/** An age is a whole cell, or stands behind a number of restarts: `7 (5d ago)`. */
function withoutAge(cell: Json): Json {
  if (isAge(cell)) return '<age>';
  const [, before, age] = (typeof cell === 'string' && /^(\d+ )\((\S+) ago\)$/.exec(cell)) || [];
  return isAge(age) ? `${before}(<age> ago)` : cell;
}
