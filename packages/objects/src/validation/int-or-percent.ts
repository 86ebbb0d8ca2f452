import type { FieldError } from '../field-error.js';
import type { IntOrString } from '../kinds/api-types.js';
import { invalidValue, nonNegative } from './field-errors.js';

const PERCENT = /^[0-9]+%$/;
const PERCENT_MESSAGE =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A whole number from 0, or a whole percentage (apps ValidatePositiveIntOrPercent). */
export function validateIntOrPercent(field: string, value: IntOrString): FieldError[] {
  if (typeof value === 'number') return nonNegative(field, value);
  return PERCENT.test(value) ? [] : [invalidValue(field, value, PERCENT_MESSAGE)];
}

export function validateAtMostAll(field: string, value: IntOrString): FieldError[] {
  if (typeof value === 'number' || !PERCENT.test(value) || Number(value.slice(0, -1)) <= 100) return [];
  return [invalidValue(field, value, 'must not be greater than 100%')];
}

/** The number in a value: of a percentage its number, of other text the integer in it, else 0. */
export function figureOf(value: IntOrString): number {
  if (typeof value === 'number') return value;
  if (PERCENT.test(value)) return Number(value.slice(0, -1));
  return /^[+-]?[0-9]+$/.test(value) ? Number(value) : 0;
}
