import { isJsonObject } from '../decode/canonical-value.js';
import type { FieldError } from '../field-error.js';
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

/**
 * The data of a revision never changes, not even the order of its members; its number may. Source: pkg/apis/apps/
 * validation ValidateControllerRevisionUpdate, which compares the bytes.
 */
export function validateControllerRevisionUpdate(object: RevisionParts, current: RevisionParts): FieldError[] {
  const same = JSON.stringify(object.data ?? null) === JSON.stringify(current.data ?? null);
  return [...(same ? [] : [invalidValue('data', object.data, IMMUTABLE)]), ...nonNegative('revision', object.revision)];
}
