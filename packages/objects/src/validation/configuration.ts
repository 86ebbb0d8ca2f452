import { isJsonObject } from '../decode/canonical-value.js';
import { jsonKind } from '../decode/decode-error.js';
import { jsonErrorMessage } from '../decode/json-error-message.js';
import type { FieldError } from '../field-error.js';
import type { ConfigMap, Secret } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, invalidFor, invalidValue, required, tooLong } from './field-errors.js';
import { configKeyMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';

const MAX_BYTES = 1024 * 1024;

/** Decoded length of base64 text. */
const byteLength = (base64: string): number => Buffer.byteLength(base64, 'base64');

export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(data)) {
    errors.push(...invalidFor(`data[${key}]`, key, configKeyMessages(key)));
    if (Object.hasOwn(binaryData, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += Buffer.byteLength(data[key] ?? '');
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...invalidFor(`binaryData[${key}]`, key, configKeyMessages(key)));
    bytes += byteLength(value);
  }
  if (bytes > MAX_BYTES) errors.push(tooLong('[]', MAX_BYTES));
  return errors;
}

/** Keys that a secret of a well-known type must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export function validateSecret({ type = '', data = {}, metadata }: Secret): FieldError[] {
  const errors = Object.keys(data).flatMap((key) => invalidFor(`data[${key}]`, key, configKeyMessages(key)));
  const bytes = Object.values(data).reduce((sum, value) => sum + byteLength(value), 0);
  if (bytes > MAX_BYTES) errors.push(tooLong('data', MAX_BYTES));
  for (const key of REQUIRED_KEYS[type] ?? []) {
    const value = Object.hasOwn(data, key) ? data[key] : undefined;
    if (value === undefined || (value === '' && type === 'kubernetes.io/ssh-auth')) {
      errors.push(required(`data[${key}]`));
    } else if (type.startsWith('kubernetes.io/dockerc')) {
      const fault = dockerFault(Buffer.from(value, 'base64').toString());
      // The text is secret.
      if (fault) errors.push(invalidValue(`data[${key}]`, '<secret contents redacted>', fault));
    }
  }
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  const account = 'kubernetes.io/service-account.name';
  if (type === 'kubernetes.io/service-account-token' && !metadata?.annotations?.[account]) {
    errors.push(required(`metadata.annotations[${account}]`));
  }
  return errors;
}

/** Credentials of registries are a JSON object. Returns the words of Go's decoder for any other text. */
function dockerFault(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return jsonErrorMessage(text, error);
  }
  if (value === null || isJsonObject(value)) return undefined;
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
}

interface Freezable {
  immutable?: boolean;
  data?: unknown;
  binaryData?: unknown;
}

/** When `immutable` is true, it and the data cannot change. */
export function validateFrozen(object: Freezable, current: Freezable): FieldError[] {
  if (current.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  return (['immutable', 'data', 'binaryData'] as const)
    .filter((name) => !semanticallyEqual(object[name], current[name]))
    .map((name) => forbidden(name, detail));
}

export function validateSecretUpdate(secret: Secret, current: Secret): FieldError[] {
  return [...validateUnchanged('type', secret.type, current.type), ...validateFrozen(secret, current)];
}
