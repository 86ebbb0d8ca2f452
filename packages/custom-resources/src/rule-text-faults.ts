import { type FieldError, invalidValue, notSupported, required } from '@everynode/objects';
import { fieldPath } from './field-path.js';
import type { Rule, Schema } from './schema.js';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

/**
 * Faults of the texts of rules, which are found before any is compiled.
 * Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema.
 */
export function ruleTextFaults(schema: Schema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, at) => [
    ...textFaults(rule, `${path}.x-kubernetes-validations[${at}]`),
    ...pathFaults(rule, schema, `${path}.x-kubernetes-validations[${at}].fieldPath`),
  ]);
}

function textFaults({ rule, message = '', messageExpression = '', reason }: Rule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [text, shown] = [rule.trim(), message.trim()];
  if (text === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && shown === '') {
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'));
  } else if (hasLineBreak(shown)) {
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'));
  } else if (hasLineBreak(text) && shown === '') {
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS));
  return errors;
}

function pathFaults({ fieldPath: path = '' }: Rule, schema: Schema, field: string): FieldError[] {
  if (path === '') return [];
  const errors: FieldError[] = [];
  if (path.trim() === '') errors.push(invalidValue(field, path, 'must be non-empty if specified'));
  if (hasLineBreak(path)) errors.push(invalidValue(field, path, 'must not contain line breaks'));
  if (fieldPath(path, schema).fault !== undefined) errors.push(invalidValue(field, path, 'must be a valid path'));
  return errors;
}
