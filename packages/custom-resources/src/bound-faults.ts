import { type FieldError, invalidValue, tooMany } from '@everynode/objects';
import type { Schema } from './schema.js';

/**
 * Bounds of this server, which upstream does not have: what is within them is checked in a moment. The largest
 * definitions in use have some 20 levels, some 10,000 fields and some 200 rules.
 */
const MAX_LEVELS = 100;
const MAX_SCHEMAS = 100_000;
const MAX_RULES = 1000;
const MAX_PATTERN = 10_000;

/** Refuses a schema that is beyond the bounds. The first fault ends the check. */
export function boundFaults(root: Schema, path: string): FieldError[] {
  let schemas = 0;
  let rules = 0;
  let level: readonly Schema[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= MAX_LEVELS) return [invalidValue(path, '', `must have at most ${MAX_LEVELS} levels`)];
    const next: Schema[] = [];
    for (const schema of level) {
      schemas += 1;
      rules += schema['x-kubernetes-validations']?.length ?? 0;
      if ((schema.pattern?.length ?? 0) > MAX_PATTERN) {
        return [invalidValue(path, '', `patterns must have at most ${MAX_PATTERN} characters`)];
      }
      for (const inner of within(schema)) next.push(inner);
    }
    if (schemas + next.length > MAX_SCHEMAS)
      return [invalidValue(path, '', `must have at most ${MAX_SCHEMAS} schemas`)];
    if (rules > MAX_RULES) return [tooMany(`${path}.x-kubernetes-validations`, rules, MAX_RULES)];
    level = next;
  }
  return [];
}

/** Words of JSON schemas that no definition may use, in the order of upstream. */
export const NOT_SUPPORTED = [
  'id',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
] as const;

/** True for a schema with words of JSON schemas that say nothing here: it has no form that could be checked. */
export function isUnreadable(schema: Schema): boolean {
  const said = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(schema.items) || said.$schema !== undefined) return true;
  return NOT_SUPPORTED.some((word) => said[word] !== undefined) || within(schema).some(isUnreadable);
}

function within({ properties, additionalProperties, items, allOf, anyOf, oneOf, not }: Schema): Schema[] {
  return [
    ...Object.values(properties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...(items && !Array.isArray(items) ? [items] : []),
    ...(allOf ?? []),
    ...(anyOf ?? []),
    ...(oneOf ?? []),
    ...(not ? [not] : []),
  ];
}
