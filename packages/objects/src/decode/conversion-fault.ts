import { goTextOf } from '../schema/go-names.js';
import { INT_OR_STRING, lookupType, MICRO_TIME, QUANTITY, TIME, type ValueFacts } from '../schema/index.js';
import { isJsonObject } from './canonical-value.js';

/** Types that read their values by themselves. */
const OWN_READERS: ReadonlySet<string> = new Set([TIME, MICRO_TIME, QUANTITY, INT_OR_STRING]);

/**
 * Why a map that is in memory already is no object of a type, in the words of upstream's converter, which names neither
 * the field nor its path; undefined where it has nothing against it. Strategic merge patches end there, and other
 * bodies in a decoder of JSON. Source: apimachinery runtime/converter.go, fromUnstructured.
 */
export function conversionFault(schema: string, value: unknown): string | undefined {
  return faultOf({ ref: schema }, value);
}

/** `goText` is the name of the field's type in Go, where that is a text. */
function faultOf(facts: ValueFacts, value: unknown, goText = 'string'): string | undefined {
  if (value === null || value === undefined) return undefined;
  const { ref, arrayOf, mapOf, type, format } = facts;
  const from = goKindOf(value);
  if (arrayOf) {
    if (Array.isArray(value)) return firstOf(value, (item) => faultOf(arrayOf, item, goText));
    // Bytes and lists of them are texts too.
    return `cannot restore slice from ${from}`;
  }
  if (mapOf) {
    if (!isJsonObject(value)) return `cannot restore map from ${from}`;
    return firstOf(Object.values(value), (item) => faultOf(mapOf, item, goText));
  }
  if (ref !== undefined) {
    const fields = OWN_READERS.has(ref) ? undefined : lookupType(ref)?.fields;
    if (!fields) return undefined;
    if (!isJsonObject(value)) return `cannot restore struct from: ${from}`;
    return firstOf(Object.keys(value), (name) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return field && faultOf(field, value[name], goTextOf(ref, name));
    });
  }
  const to = scalarType(type, format);
  if (to === undefined || fits(to, value)) return undefined;
  // Go converts whole numbers to texts, and fractions to whole numbers, but its converter refuses both.
  if (from === 'int64' && to === 'string') return `cannot convert ${from} to ${goText}`;
  return from === 'float64' && to !== 'string' && to !== 'bool'
    ? `cannot convert ${from} to ${to}`
    : `unrecognized type: ${to}`;
}

function firstOf<T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function scalarType(type: ValueFacts['type'], format: ValueFacts['format']): string | undefined {
  switch (type) {
    case 'string':
      return format === undefined ? 'string' : undefined;
    case 'boolean':
      return 'bool';
    case 'integer':
      return format === 'int32' ? 'int32' : 'int64';
    case 'number':
      return 'float64';
    default:
      return undefined;
  }
}

function fits(to: string, value: unknown): boolean {
  if (to === 'string') return typeof value === 'string';
  if (to === 'bool') return typeof value === 'boolean';
  if (typeof value !== 'number') return false;
  return to === 'float64' || Number.isInteger(value);
}

/** The kind of a value in a map that Go's decoder has read. */
function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
