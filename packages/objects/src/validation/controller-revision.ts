import { isJsonObject } from '../decode/canonical-value.js';
import type { FieldError } from '../field-error.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { IMMUTABLE, invalidValue, nonNegative, required } from './field-errors.js';

/** The parts of a ControllerRevision that have rules. `data` is any value that a client sent. */
interface RevisionParts {
  data?: unknown;
  revision?: number;
}

/** pkg/apis/apps/validation ValidateControllerRevision. */
export function validateControllerRevision({ data, revision }: RevisionParts): FieldError[] {
  const errors: FieldError[] = [];
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (!isJsonObject(data)) errors.push(required('data', 'data must be a valid JSON object'));
  errors.push(...nonNegative('revision', revision));
  return errors;
}

/** The data of a revision never changes; its number may. */
export function validateControllerRevisionUpdate(object: RevisionParts, current: RevisionParts): FieldError[] {
  return semanticallyEqual(object.data, current.data) ? [] : [invalidValue('data', object.data, IMMUTABLE)];
}
