import { duplicate, type FieldError, invalidValue, required, tooMany } from '@everynode/objects';
import { fieldPath } from './field-path.js';
import type { Schema } from './schema.js';

const MAX = 8;
const TYPES = new Set(['string', 'boolean', 'integer']);

/** Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceSelectableFields. */
export function selectableFieldFaults(
  fields: readonly { jsonPath: string }[],
  schema: Schema | undefined,
  path: string,
): FieldError[] {
  if (fields.length === 0) return [];
  if (!schema) {
    return [invalidValue(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')];
  }
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath }, at): FieldError[] => {
    const field = `${path}[${at}].jsonPath`;
    if (jsonPath === '') return [required(field)];
    const found = fieldPath(jsonPath, schema, false);
    if (found.fault !== undefined) return [invalidValue(field, jsonPath, `is an invalid path: ${found.fault}`)];
    const faults: FieldError[] = [];
    if (found.steps[0] === 'metadata') {
      faults.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'));
    }
    if (!TYPES.has(found.schema.type ?? '')) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      faults.push(invalidValue(field, jsonPath, detail));
    }
    if (seen.has(found.path)) faults.push(duplicate(field, jsonPath));
    seen.add(found.path);
    return faults;
  });
  return seen.size > MAX ? [...errors, tooMany(path, seen.size, MAX)] : errors;
}
