import type { FieldError } from '../field-error.js';
import { invalidFor, invalidValue, required } from './field-errors.js';
import { dnsSubdomainMessages } from './names.js';

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

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_RE = new RegExp(`^${HTTP_PATH}$`);

/** Names of controllers, such as `acme.io/foo`. Source: apimachinery util/validation, IsDomainPrefixedPath. */
export function validateDomainPrefixedPath(value: string, field: string): FieldError[] {
  if (value === '') return [required(field)];
  const slash = value.indexOf('/');
  const [host, path] = [value.slice(0, Math.max(0, slash)), value.slice(slash + 1)];
  if (host === '' || path === '') {
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = invalidFor(field, host, dnsSubdomainMessages(host));
  if (HTTP_PATH_RE.test(path)) return errors;
  return [...errors, invalidValue(field, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`)];
}
