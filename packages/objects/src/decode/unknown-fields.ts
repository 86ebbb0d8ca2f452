import { lookupType, type TypeFacts, type ValueFacts } from '../schema/index.js';
import { isJsonObject } from './canonical-value.js';

/**
 * Paths of the fields that a type does not have, in the order of the value: `spec.containers[0].imgae`. Field names are
 * case-sensitive. Free-form values have no unknown fields.
 */
export function unknownFields(type: string, value: unknown): string[] {
  const found: string[] = [];
  visit({ ref: type }, value, '', found);
  return found;
}

function visit(facts: ValueFacts, value: unknown, path: string, found: string[]): void {
  if (facts.arrayOf) {
    if (!Array.isArray(value)) return;
    for (const [index, entry] of value.entries()) visit(facts.arrayOf, entry, `${path}[${index}]`, found);
  } else if (isJsonObject(value)) {
    if (facts.mapOf) {
      for (const [key, entry] of Object.entries(value)) visit(facts.mapOf, entry, join(path, key), found);
    } else if (facts.ref !== undefined) visitStruct(lookupType(facts.ref), value, path, found);
  }
}

function visitStruct(
  { fields, open }: TypeFacts = {},
  value: Record<string, unknown>,
  path: string,
  found: string[],
): void {
  if (!fields) return;
  for (const [name, entry] of Object.entries(value)) {
    const facts = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (facts) visit(facts, entry, join(path, name), found);
    else if (!open) found.push(join(path, name));
  }
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
