import { durationValue } from '@everynode/cel';
import { escaped } from './escaped.js';
import { isMap, memberSchema, type Schema } from './schema.js';

/** A value as rules meet it, by its schema: numbers by their type, and times and bytes where the format says so. */
export function ruleValue(value: unknown, schema: Schema | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => ruleValue(item, schema?.items));
  if (isMap(value)) {
    const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
      const known = schema && memberSchema(schema, key);
      const isProperty = schema?.properties && Object.hasOwn(schema.properties, key);
      const name = isProperty ? escaped(key) : key;
      return name === undefined ? [] : [[name, ruleValue(member, known)]];
    });
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number') {
    return schema?.type === 'number' || !Number.isSafeInteger(value) ? value : BigInt(value);
  }
  return typeof value === 'string' ? ofFormat(value, schema?.format) : value;
}

function ofFormat(text: string, format: string | undefined): unknown {
  switch (format) {
    case 'date':
    case 'date-time':
      return new Date(text);
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'duration':
      return durationValue(text) ?? text;
    default:
      return text;
  }
}
