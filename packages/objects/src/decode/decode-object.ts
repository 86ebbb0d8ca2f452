import { ApiError } from '../api-error.js';
import type { KubeObject } from '../kube-object.js';
import { apiVersionOf } from '../resource.js';
import { canonicalValue, isJsonObject } from './canonical-value.js';
import { DecodeFault, DecodePosition } from './decode-fault.js';
import { unknownFields } from './unknown-fields.js';

/** What to do about fields that the type does not have, or that stand twice (the query parameter fieldValidation). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** The type that a body must be of. A `ResourceDefinition` is one. */
export interface DecodeTarget {
  group: string;
  version: string;
  kind: string;
  /** Name of the type in the schema. */
  schema: string;
}

export interface Decoded {
  /** In canonical form. `metadata` is there, but what is in it is the client's: name and uid may be missing. */
  object: KubeObject;
  /** Texts for `Warning` headers; empty unless fieldValidation is Warn. */
  warnings: string[];
}

/** Upstream stops counting here. */
const MAX_STRICT_FAULTS = 100;

/**
 * A client's JSON value as an object of the target type; see {@link canonicalValue} for its form. A missing apiVersion
 * or kind is taken from the target, as the path of the request names it.
 * @throws ApiError BadRequest for another kind or version, a value of the wrong type, and, when Strict, for unknown and
 *   duplicate fields.
 */
export function decodeObject(
  body: { value: unknown; duplicates?: () => string[] },
  target: DecodeTarget,
  fieldValidation: FieldValidation = 'Ignore',
): Decoded {
  const { value } = body;
  const refuse = (fault: string, cause?: unknown): ApiError =>
    new ApiError(
      'BadRequest',
      `${target.kind} in version ${JSON.stringify(target.version)} cannot be handled as a ${target.kind}: ${fault}`,
      {},
      { cause },
    );
  if (isJsonObject(value)) checkTypeMeta(value, target);
  let canonical: object;
  try {
    if (value === null) throw new DecodePosition().mismatch('null', `v1.${target.kind}`);
    canonical = canonicalValue(target.schema, value) as object;
  } catch (error) {
    if (error instanceof DecodeFault) throw refuse(error.message, error);
    throw error;
  }
  const typeMeta = { apiVersion: apiVersionOf(target), kind: target.kind };
  // Named twice: first for their place, last for their value.
  const object = { ...typeMeta, ...canonical, ...typeMeta } as KubeObject;
  if (fieldValidation === 'Ignore') return { object, warnings: [] };
  const faults = strictFaults(body, target.schema);
  if (fieldValidation === 'Strict' && faults.length > 0) {
    throw refuse(`strict decoding error: ${faults.join(', ')}`);
  }
  return { object, warnings: faults };
}

/** `unknown field "spec.x"` and `duplicate field "spec.y"` for what strict decoding would refuse. */
export function strictFaults(body: { value: unknown; duplicates?: () => string[] }, schema: string): string[] {
  const duplicates = (body.duplicates?.() ?? []).map((path) => `duplicate field ${JSON.stringify(path)}`);
  const unknown = unknownFields(schema, body.value).map((path) => `unknown field ${JSON.stringify(path)}`);
  return [...duplicates, ...unknown].slice(0, MAX_STRICT_FAULTS);
}

function checkTypeMeta(value: Record<string, unknown>, target: DecodeTarget): void {
  const expected = apiVersionOf(target);
  const { apiVersion, kind } = value;
  if (typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== expected) {
    throw new ApiError(
      'BadRequest',
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (typeof kind === 'string' && kind !== '' && kind !== target.kind) {
    throw new ApiError(
      'BadRequest',
      `${kind} in version ${JSON.stringify(target.version)} cannot be handled as a ${target.kind}: ` +
        `the kind in the data (${kind}) is not the expected kind (${target.kind})`,
    );
  }
}
