import { ApiError, type StatusCause } from './api-error.js';
import { goJson, goQuoted } from './go-print.js';
import { FIELD_ERROR_TEXTS, type FieldErrorType } from './status-reasons.js';

/** One error of one field. `value` is printed for the types that show one. */
export interface FieldError {
  type: FieldErrorType;
  field: string;
  value?: unknown;
  detail: string;
}

const SHOWS_VALUE: ReadonlySet<FieldErrorType> = new Set([
  'FieldValueNotFound',
  'FieldValueDuplicate',
  'FieldValueInvalid',
  'FieldValueNotSupported',
  'FieldValueTypeInvalid',
  'FieldValueTooMany',
]);

/** Texts as Go's %q prints them, other values as its JSON. Source: apimachinery field.Error, ErrorBody. */
const shownValue = (value: unknown): string =>
  typeof value === 'string' ? goQuoted(value) : goJson(value === undefined ? null : value);

/** The value of an error that is not to be shown. */
export const OMITTED = Symbol('omitted');

/** `BODY: VALUE: DETAIL` without the field path: the `message` of a cause. */
function fieldErrorBody(error: FieldError): string {
  const parts: string[] = [FIELD_ERROR_TEXTS[error.type]];
  if (SHOWS_VALUE.has(error.type) && error.value !== OMITTED) parts.push(shownValue(error.value));
  if (error.detail) parts.push(error.detail);
  return parts.join(': ');
}

/** `PATH: BODY: VALUE: DETAIL`. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** An error has at most this many causes: what is wrong with ten thousand items is wrong with the first hundred. */
const MAX_CAUSES = 100;

/** The 422 for an object with field errors. `kind` and `group` name the type: `DaemonSet.apps "x" is invalid: …`. */
export function invalid(subject: { group: string; kind: string; name: string }, errors: FieldError[]): ApiError {
  const shown = errors.slice(0, MAX_CAUSES);
  const more = errors.length - shown.length;
  const causes: StatusCause[] = shown.map((error) => ({
    reason: error.type,
    message: fieldErrorBody(error),
    field: error.field,
  }));
  // The message lists equal errors once; the causes list all of them.
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const messages = [...new Set(texts), ...(more > 0 ? [`and ${more} more`] : [])];
  const what = subject.group ? `${subject.kind}.${subject.group}` : subject.kind;
  const body = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
  return new ApiError('Invalid', `${what} "${subject.name}" is invalid: ${body}`, {
    ...(subject.name && { name: subject.name }),
    ...(subject.group && { group: subject.group }),
    ...(subject.kind && { kind: subject.kind }),
    causes,
  });
}
