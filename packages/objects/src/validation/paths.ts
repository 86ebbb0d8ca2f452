import type { FieldError } from '../field-error.js';
import { invalidValue } from './field-errors.js';

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';

export const hasBackstep = (path: string): boolean => path.split('/').includes('..');

/** Source: validatePathNoBacksteps. */
export const validateNoBackstep = (path: string, field: string): FieldError[] =>
  hasBackstep(path) ? [invalidValue(field, path, "must not contain '..'")] : [];

/** A relative path that stays below its root. Source: validateLocalDescendingPath. */
export function validateRelativePath(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : [];
  return [...errors, ...validateNoBackstep(path, field)];
}

/** The path of a file in a volume: names that begin with two dots are the kubelet's. Source: core validation. */
export function validateLocalPath(path: string, field: string): FieldError[] {
  const errors = validateRelativePath(path, field);
  if (path.startsWith('..') && !path.startsWith('../')) {
    errors.push(invalidValue(field, path, "must not start with '..'"));
  }
  return errors;
}

/** The mode of a file in decimal. */
export const validateMode = (mode: number | undefined, field: string): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777) ? [invalidValue(field, mode, MODE_MESSAGE)] : [];
