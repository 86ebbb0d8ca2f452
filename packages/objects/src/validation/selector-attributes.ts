import type { FieldError } from '../field-error.js';
import { invalidFor, invalidValue, required } from './field-errors.js';
import { operatorErrors } from './label-selector.js';
import { labelKeyMessages, labelValueMessages } from './names.js';

/** Shape: authorization.k8s.io/v1, FieldSelectorAttributes and LabelSelectorAttributes. */
interface SelectorAttributes {
  rawSelector?: string;
  requirements?: readonly { key?: string; operator?: string; values?: readonly string[] }[];
}

/** What a reviewed request selects is said as a text or in parts. */
function partsErrors({ rawSelector, requirements = [] }: SelectorAttributes, field: string): FieldError[] {
  if (rawSelector && requirements.length > 0) {
    return [invalidValue(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')];
  }
  if (rawSelector || requirements.length > 0) return [];
  const detail = `when ${field} is specified, requirements or rawSelector is required`;
  return [required(`${field}.requirements`, detail)];
}

/**
 * The selectors of an access review. Operators that are not known are let through, for newer clients.
 * Source: pkg/apis/authorization/validation, validateFieldSelectorAttributes, validateLabelSelectorAttributes.
 */
export function validateSelectorAttributes(
  { fieldSelector, labelSelector }: { fieldSelector?: SelectorAttributes; labelSelector?: SelectorAttributes },
  field: string,
): FieldError[] {
  const selectors = [
    [fieldSelector, `${field}.fieldSelector`],
    [labelSelector, `${field}.labelSelector`],
  ] as const;
  return selectors.flatMap(([selector, path]) => {
    if (!selector) return [];
    const errors = partsErrors(selector, path);
    for (const [index, { key = '', operator = '', values = [] }] of (selector.requirements ?? []).entries()) {
      const at = `${path}.requirements[${index}]`;
      errors.push(...(operatorErrors(operator, values, at) ?? []));
      if (selector === fieldSelector) {
        if (!key) errors.push(required(`${at}.key`, 'must be specified'));
        continue;
      }
      errors.push(
        ...invalidFor(`${at}.key`, key, labelKeyMessages(key)),
        ...values.flatMap((value, i) => invalidFor(`${at}.values[${i}]`, value, labelValueMessages(value))),
      );
    }
    return errors;
  });
}
