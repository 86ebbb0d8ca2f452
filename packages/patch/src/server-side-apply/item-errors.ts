import { type FieldFacts, lookupType } from '@everynode/objects';
import { isMap, type JsonMap } from '../json.js';
import { pathOfStep } from './field-set.js';
import { shapeOf } from './field-shape.js';

/**
 * Why a configuration cannot be merged with an object: an item of an associative list lacks a key without a default, or
 * two items have the same keys. Undefined when it can be merged. Source: structured-merge-diff, typed/validate.go.
 */
export function itemErrors(typeName: string, config: object): string | undefined {
  const errors = errorsIn(config, { ref: typeName }, '');
  return errors.length > 1 ? `errors:\n  ${errors.join('\n  ')}` : errors[0];
}

function errorsIn(value: unknown, facts: FieldFacts | undefined, path: string): string[] {
  const shape = shapeOf(facts, value);
  if (shape.kind === 'leaf') return [];
  if (shape.kind === 'map') {
    return Object.entries(value as JsonMap).flatMap(([key, inner]) =>
      errorsIn(inner, shape.member(key), path + pathOfStep(`f:${key}`)),
    );
  }
  const seen = new Set<string>();
  return (value as unknown[]).flatMap((item, at) => {
    const missing = missingKey(item, facts);
    if (missing !== undefined) {
      const what = `associative list with keys has an element that omits key field ${JSON.stringify(missing)}`;
      return [`${path}: element ${at}: ${what} (and doesn't have default value)`];
    }
    const step = shape.step(item);
    const key = pathOfStep(step);
    const double = seen.has(step) ? [`${path}: duplicate entries for key ${key}`] : [];
    seen.add(step);
    return [...double, ...errorsIn(item, shape.item, path + key)];
  });
}

/** The key that an item lacks and that has no default. */
function missingKey(item: unknown, facts: FieldFacts | undefined): string | undefined {
  const keys = facts?.['list-map-keys'];
  if (!keys || !isMap(item)) return undefined;
  const fields = facts.arrayOf?.ref === undefined ? undefined : lookupType(facts.arrayOf.ref)?.fields;
  const lacks = (key: string): boolean => item[key] === undefined && fields?.[key]?.default === undefined;
  return keys.find(lacks);
}
