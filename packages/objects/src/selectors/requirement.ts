import { ApiError } from '../api-error.js';
import { type FieldError, fieldErrorMessage } from '../field-error.js';
import { labelKeyMessages, labelValueMessages } from '../validation/names.js';

/** Operators as the string form writes them (apimachinery selection.Operator). */
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/**
 * One condition on a label. Values are sorted and unique: none for `exists` and `!`, several for `in` and `notin`, one
 * for all others.
 */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** In code unit order, as Go sorts ASCII strings. */
const sortedUnique = (values: Iterable<string>): string[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const INTEGER = /^[+-]?[0-9]+$/;
const INT64_MAX = 2n ** 63n - 1n;

/** A base-10 int64 as Go's ParseInt reads it: a sign and leading zeros are allowed, blanks are not. */
export function parseInt64(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
}

/** The errors of a key, at the path `<nil>` for the string parser (upstream has no path there). */
export function keyErrors(key: string, field: string): FieldError[] {
  const messages = labelKeyMessages(key);
  return messages.length > 0 ? [{ type: 'FieldValueInvalid', field, value: key, detail: messages.join('; ') }] : [];
}

function countErrors(operator: SelectorOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string): FieldError[] => [
    { type: 'FieldValueInvalid', field: 'values', value: values, detail },
  ];
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : wrong('exact-match compatibility requires one single value');
    case 'exists':
    case '!':
      return values.length === 0 ? [] : wrong('values set must be empty for exists and does not exist');
    case 'gt':
    case 'lt': {
      const errors = values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required");
      for (const [index, value] of values.entries()) {
        if (parseInt64(value) !== undefined) continue;
        const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
        errors.push({ type: 'FieldValueInvalid', field: `values[${index}]`, value, detail });
      }
      return errors;
    }
  }
}

/** The BadRequest for a selector that does not parse. Several messages are printed as `[A, B]`. */
export function selectorError(errors: FieldError[], prefix = ''): ApiError {
  const messages = errors.map(fieldErrorMessage);
  return new ApiError('BadRequest', prefix + (messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`));
}

/**
 * A checked requirement (apimachinery labels.NewRequirement).
 * @throws ApiError BadRequest when the key, a value or the number of values does not fit.
 */
export function newRequirement(
  key: string,
  operator: SelectorOperator,
  values: readonly string[],
  errorPrefix = '',
): Requirement {
  const errors = [...keyErrors(key, 'key'), ...countErrors(operator, values)];
  for (const [index, value] of values.entries()) {
    const messages = labelValueMessages(value);
    if (messages.length === 0) continue;
    errors.push({
      type: 'FieldValueInvalid',
      field: `values[${index}][${key}]`,
      value,
      detail: messages.join('; '),
    });
  }
  if (errors.length > 0) throw selectorError(errors, errorPrefix);
  return { key, operator, values: sortedUnique(values) };
}

/** True when a set of labels meets the condition. A missing key meets `!`, `!=` and `notin` only. */
function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const { key, operator, values } = requirement;
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const actual = value === undefined ? undefined : parseInt64(value);
      const limit = parseInt64(values[0] ?? '');
      if (actual === undefined || limit === undefined) return false;
      return operator === 'gt' ? actual > limit : actual < limit;
    }
  }
}

/** True when all conditions hold. Without conditions everything matches. */
export function matchesRequirements(requirements: readonly Requirement[], labels: Labels | undefined): boolean {
  return requirements.every((requirement) => matchesRequirement(requirement, labels ?? {}));
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values.join(',')}`;
    case 'lt':
      return `${key}<${values.join(',')}`;
    default:
      return `${key}${operator}${values.join(',')}`;
  }
}

/** The string form, sorted by key; empty for no requirements. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  const byKey = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return byKey.map(formatRequirement).join(',');
}
