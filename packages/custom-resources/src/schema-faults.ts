import { type FieldError, forbidden, invalidValue } from '@everynode/objects';
import { boundFaults, isUnreadable } from './bound-faults.js';
import { defaultFaults } from './default-faults.js';
import { openApiFaults } from './open-api-faults.js';
import { CheckedRules } from './rule-faults.js';
import { ruleErrorsOfDefaults } from './rules-of-defaults.js';
import type { Schema } from './schema.js';
import { structuralFaults } from './structural-faults.js';

/**
 * Faults of the schema of a version: of its structure, or of its defaults where that is right, and of all else.
 * Source: apiextensions-apiserver pkg/apis/apiextensions/validation, validateCustomResourceDefinitionValidation.
 */
export function schemaFaults(schema: Schema, path: string): FieldError[] {
  const bounds = boundFaults(schema, path);
  if (bounds.length > 0) return bounds;
  const errors: FieldError[] = schema.nullable
    ? [forbidden(`${path}.nullable`, 'nullable cannot be true at the root')]
    : [];
  if (isUnreadable(schema)) {
    const found = [...errors, ...openApiFaults(schema, path, undefined)];
    if (found.length > 0) return found;
    return [invalidValue(path, '', "OpenAPIV3Schema 'schema' is not supported")];
  }
  const structure = structuralFaults(schema, path);
  const ofForm = structure.length > 0 ? structure : defaultFaults(schema, path);
  const rules = ofForm.length > 0 ? undefined : new CheckedRules();
  const found = [...errors, ...ofForm, ...openApiFaults(schema, path, rules), ...(rules?.totalFaults(path) ?? [])];
  return found.length > 0 ? found : ruleErrorsOfDefaults(schema, path);
}
