import { appendErrors, type FieldError } from '@everynode/objects';
import { RE2JS, RE2JSException } from 're2js';
import { mergeFaults } from './list-faults.js';
import { ruleFaults } from './rules.js';
import type { Schema } from './schema.js';

const required = (field: string, detail: string): FieldError => ({ type: 'FieldValueRequired', field, detail });
const forbidden = (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail });

/** Whether a schema is structural. Source: apiextensions-apiserver pkg/apiserver/schema/validation.go. */
export function schemaFaults(schema: Schema, path: string, level: 'root' | 'field' | 'item' = 'root'): FieldError[] {
  const errors: FieldError[] = [];
  const isFree = schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string'];
  if (!schema.type && !isFree) {
    const where =
      level === 'root' ? 'at the root' : level === 'item' ? 'for specified array items' : 'for specified object fields';
    errors.push(required(`${path}.type`, `must not be empty ${where}`));
  } else if (level === 'root' && schema.type !== 'object') {
    errors.push({
      type: 'FieldValueInvalid',
      field: `${path}.type`,
      value: schema.type ?? '',
      detail: 'must be object at the root',
    });
  }
  if (level === 'root' && schema.additionalProperties !== undefined) {
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (schema.properties && schema.additionalProperties !== undefined) {
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema.type === 'array' && !schema.items) errors.push(required(`${path}.items`, 'must be specified'));
  if (schema.uniqueItems)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (schema.additionalProperties === false) {
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = `${path}.x-kubernetes-preserve-unknown-fields`;
    errors.push({ type: 'FieldValueInvalid', field, value: false, detail: 'must be true or undefined' });
  }
  errors.push(...patternFaults(schema, path), ...mergeFaults(schema, path));
  // Rules of a schema that is wrong have faults that go with it.
  if (errors.length === 0) errors.push(...ruleFaults(schema, path));
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (level === 'root' && name === 'metadata') continue;
    appendErrors(errors, schemaFaults(member, `${path}.properties[${name}]`, 'field'));
  }
  if (typeof schema.additionalProperties === 'object') {
    appendErrors(errors, schemaFaults(schema.additionalProperties, `${path}.additionalProperties`, 'field'));
  }
  if (schema.items) appendErrors(errors, schemaFaults(schema.items, `${path}.items`, 'item'));
  return errors;
}

/** Faults of the patterns of a schema and of its alternatives, which are schemas that say nothing of structure. */
function patternFaults(schema: Schema, path: string): FieldError[] {
  const errors = patternFault(schema, path);
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [at, one] of (schema[word] ?? []).entries()) {
      appendErrors(errors, alternativeFaults(one, `${path}.${word}[${at}]`));
    }
  }
  if (schema.not) appendErrors(errors, alternativeFaults(schema.not, `${path}.not`));
  return errors;
}

function alternativeFaults(schema: Schema, path: string): FieldError[] {
  const errors = patternFaults(schema, path);
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    appendErrors(errors, alternativeFaults(member, `${path}.properties[${name}]`));
  }
  if (schema.items) appendErrors(errors, alternativeFaults(schema.items, `${path}.items`));
  return errors;
}

/** A pattern that cannot be read would refuse every object, or fail each of their writes. */
function patternFault({ pattern }: Schema, path: string): FieldError[] {
  if (!pattern) return [];
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const detail = `must be a valid regular expression, but isn't: ${error.message}`;
    return [{ type: 'FieldValueInvalid', field: `${path}.pattern`, value: pattern, detail }];
  }
}
