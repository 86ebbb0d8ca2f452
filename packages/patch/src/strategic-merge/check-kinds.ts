import { declaredKind, type FieldFacts, type LookupType, memberFacts } from '../field-facts.js';
import { isMap, type JsonMap, kindOf } from '../json.js';
import { badRequest } from '../patch-error.js';
import { isDirectiveKey } from './directives.js';

/**
 * Checks that the items of a patch's lists are maps or lists where the schema has them: such lists cannot be merged.
 * Upstream fails there too. A field of the wrong kind replaces what is there, and fails when the result is decoded.
 * @throws ApiError BadRequest with the path of the value.
 */
export function checkKinds(patch: JsonMap, facts: FieldFacts | undefined, lookupType: LookupType, path = ''): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || isDirectiveKey(key)) continue;
    checkValue(value, memberFacts(facts, key, lookupType), lookupType, path === '' ? key : `${path}.${key}`);
  }
}

function checkValue(value: unknown, facts: FieldFacts | undefined, lookupType: LookupType, path: string): void {
  const expected = declaredKind(facts, lookupType);
  const actual = kindOf(value);
  if (path.endsWith(']') && expected !== undefined && actual !== expected) {
    throw badRequest(`${path}: expected a ${expected}, but received a ${actual}`);
  }
  if (isMap(value)) checkKinds(value, facts, lookupType, path);
  if (Array.isArray(value) && facts?.arrayOf) {
    for (const [index, item] of value.entries()) checkValue(item, facts.arrayOf, lookupType, `${path}[${index}]`);
  }
}
