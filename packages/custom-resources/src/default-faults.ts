import { appendErrors, type FieldError, invalidValue, semanticallyEqual } from '@everynode/objects';
import { pruned } from './prune.js';
import type { Schema } from './schema.js';
import { joined, schemaErrors } from './validate.js';

/**
 * Faults of the defaults of a schema: each must be what its schema allows, without fields that are pruned. Defaults of
 * members of maps are forbidden elsewhere.
 * Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/validation.go.
 */
export function defaultFaults(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.default !== undefined) appendErrors(errors, faultsOf(schema.default, schema, `${path}.default`));
  if (schema.items) appendErrors(errors, defaultFaults(schema.items, `${path}.items`));
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    appendErrors(errors, defaultFaults(member, `${path}.properties[${name}]`));
  }
  return errors;
}

function faultsOf(value: unknown, schema: Schema, path: string): FieldError[] {
  const errors = semanticallyEqual(pruned(value, schema), value)
    ? []
    : [invalidValue(path, value, 'must not have unknown fields')];
  for (const error of schemaErrors(value, schema, { path: '', old: undefined })) {
    errors.push({ ...error, field: error.field.startsWith('[') ? path + error.field : joined(path, error.field) });
  }
  return errors.map((error) => ({ ...error, field: error.field.replace(/\.$/, '') }));
}
