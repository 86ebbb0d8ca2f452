import type { FieldError } from '../field-error.js';
import type { LabelSelector } from '../kinds/api-types.js';
import { forbidden, invalidFor, invalidValue, required } from './field-errors.js';
import { labelKeyMessages, labelValueMessages } from './names.js';
import { validateLabels } from './object-meta.js';

/** The errors of values under an operator of a label or node selector; undefined for any other operator. */
export function operatorErrors(operator: string, values: readonly string[], field: string): FieldError[] | undefined {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return [];
      return [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return [];
      return [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return undefined;
  }
}

export const BAD_OPERATOR = 'not a valid selector operator';

/** A missing selector has no errors (apimachinery ValidateLabelSelector). */
export function validateLabelSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const path = `${field}.matchExpressions[${index}]`;
    errors.push(
      ...(operatorErrors(operator, values, path) ?? [invalidValue(`${path}.operator`, operator, BAD_OPERATOR)]),
      ...invalidFor(`${path}.key`, key, labelKeyMessages(key)),
      ...values.flatMap((value, at) => invalidFor(`${path}.values[${at}]`, value, labelValueMessages(value))),
    );
  }
  return errors;
}
