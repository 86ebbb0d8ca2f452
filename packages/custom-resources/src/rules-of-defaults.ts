import { appendErrors, type FieldError } from '@everynode/objects';
import { ruleErrors } from './rules.js';
import type { Schema } from './schema.js';
import { joined } from './validate.js';

/**
 * The rules that a default breaks, as the value of a new object and as one that stays as it is.
 * Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/validation.go.
 */
export function ruleErrorsOfDefaults(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { default: value } = schema;
  if (value !== undefined) {
    const found = ruleErrors(value, schema, undefined);
    appendErrors(errors, found.length > 0 ? found : ruleErrors(value, schema, value));
    for (const error of errors) error.field = joined(`${path}.default`, error.field).replace(/\.(?=\[|$)/g, '');
  }
  if (schema.items) appendErrors(errors, ruleErrorsOfDefaults(schema.items, `${path}.items`));
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    appendErrors(errors, ruleErrorsOfDefaults(member, `${path}.properties[${name}]`));
  }
  return errors;
}
