import { isMap } from '../json.js';
import { type Atom, atomOfType } from './atom.js';
import { pathOfStep } from './field-set.js';

/**
 * Why a configuration cannot be merged with an object: an item of an associative list lacks a key without a default, or
 * two items have the same keys. Undefined when it can be merged. Source: structured-merge-diff, typed/validate.go.
 */
export function itemErrors(typeName: string, config: object): string | undefined {
  const errors = errorsIn(config, atomOfType(typeName), '');
  return errors.length > 1 ? `errors:\n  ${errors.join('\n  ')}` : errors[0];
}

function errorsIn(value: unknown, atom: Atom, path: string): string[] {
  if (atom.kind === 'fields' && isMap(value)) {
    return Object.entries(value).flatMap(([key, inner]) =>
      errorsIn(inner, atom.member(key), path + pathOfStep(`f:${key}`)),
    );
  }
  if (atom.kind !== 'items' || !Array.isArray(value)) return [];
  const seen = new Set<string>();
  return (value as unknown[]).flatMap((item, at) => {
    const missing = atom.missingKey(item);
    if (missing !== undefined) {
      const what = `associative list with keys has an element that omits key field ${JSON.stringify(missing)}`;
      return [`${path}: element ${at}: ${what} (and doesn't have default value)`];
    }
    const step = atom.step(item);
    const key = pathOfStep(step);
    const double = seen.has(step) ? [`${path}: duplicate entries for key ${key}`] : [];
    seen.add(step);
    return [...double, ...errorsIn(item, atom.item, path + key)];
  });
}
