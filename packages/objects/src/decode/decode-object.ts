import { ApiError } from '../api-error.js';
import type { KubeObject } from '../kube-object.js';
import { apiVersionOf } from '../resource.js';
import { isOlderVersion, typeOfKind } from '../schema/index.js';
import { canonicalValue, isJsonObject } from './canonical-value.js';
import { DecodeError } from './decode-error.js';
import { type ParsedBody, type StrictErrors, unknownField } from './parse-body.js';
import { unknownFields } from './unknown-fields.js';

/** What to do about unknown and duplicate fields (the query parameter fieldValidation). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** The type that a body must be of. A `ResourceDefinition` is one. */
export interface DecodeTarget {
  group: string;
  version: string;
  kind: string;
  /** Name of the type in the schema. */
  schema: string;
  /** API versions beside its own in which the type has the same form: `policy/v1beta1`. */
  otherVersions?: readonly string[];
}

export interface Decoded {
  /** In canonical form. `metadata` is present, but its content is the client's: name and uid may be missing. */
  object: KubeObject;
  /** Texts for `Warning` headers; empty unless fieldValidation is Warn. */
  warnings: string[];
}

/** Upstream reports no more than this. */
const MAX_STRICT_ERRORS = 100;

/** The value of a body and, when the text is known, a function that finds what strict decoding refuses in it. */
export type Readable = Pick<ParsedBody, 'value'> & Partial<Pick<ParsedBody, 'strict' | 'integerFault'>>;

/**
 * Returns a client's JSON value as an object of the target type; see {@link canonicalValue} for its form. A missing
 * apiVersion or kind is taken from the target, because the request's path names both.
 * @throws ApiError BadRequest for another kind or version, for a value of the wrong type, and, when Strict, for unknown
 *   and duplicate fields.
 */
export function decodeObject(
  body: Readable,
  target: DecodeTarget,
  fieldValidation: FieldValidation = 'Ignore',
): Decoded {
  const { apiVersion, kind } = typeMetaOf(body.value, target);
  const version = apiVersion.split('/').at(-1) ?? '';
  const refuse = (message: string, cause?: unknown): ApiError =>
    new ApiError(
      'BadRequest',
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${target.kind}: ${message}`,
      undefined,
      { cause },
    );
  try {
    const { object, strict } = readObjectOf(body, target, fieldValidation);
    if (fieldValidation !== 'Strict') return { object, warnings: strict.warnings };
    if (strict.errors.length > 0) throw new DecodeError(strictErrorMessage(strict.errors));
    return { object, warnings: [] };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message, error);
    throw error;
  }
}

export const strictErrorMessage = (messages: readonly string[]): string =>
  `strict decoding error: ${messages.join(', ')}`;

/**
 * The same as {@link decodeObject}, for callers that word the errors themselves.
 * @throws DecodeError for another kind or a value of the wrong type.
 * @throws ApiError BadRequest for another version of the kind.
 */
export function readObjectOf(
  body: Readable,
  target: DecodeTarget,
  fieldValidation: FieldValidation,
): { object: KubeObject; strict: StrictErrors } {
  const { value } = body;
  checkTypeMeta(typeMetaOf(value, target), target);
  const fault = body.integerFault?.(target.schema);
  if (fault) throw fault;
  // Go's decoder leaves an object as it is for a null: empty.
  const canonical = canonicalValue(target.schema, value ?? {}) as object;
  const typeMeta = { apiVersion: apiVersionOf(target), kind: target.kind };
  // The first spread decides the place of the two keys, the last one their values.
  const object = { ...typeMeta, ...canonical, ...typeMeta } as KubeObject;
  // Upstream's storage drops selfLink: nothing has set it since 1.20.
  if (isJsonObject(object.metadata)) delete (object.metadata as { selfLink?: string }).selfLink;
  if (resetsOwners(value)) object.metadata.managedFields = [];
  if (fieldValidation === 'Ignore') return { object, strict: { errors: [], warnings: [] } };
  const { errors, warnings } = body.strict?.(target.schema) ?? unknownIn(value, target.schema);
  return { object, strict: { errors: errors.slice(0, MAX_STRICT_ERRORS), warnings } };
}

/** A client removes the owners of an object with an empty list, which has another meaning than none. */
function resetsOwners(value: unknown): boolean {
  if (!isJsonObject(value) || !isJsonObject(value.metadata)) return false;
  const { managedFields } = value.metadata;
  return Array.isArray(managedFields) && managedFields.length === 0;
}

function unknownIn(value: unknown, schema: string): StrictErrors {
  const unknown = unknownFields(schema, value).map((path) => unknownField(path));
  return { errors: unknown, warnings: unknown };
}

interface TypeMeta {
  apiVersion: string;
  kind: string;
}

/** From the body, or else from the target, which the request's path names. */
function typeMetaOf(value: unknown, target: DecodeTarget): TypeMeta {
  const { apiVersion, kind } = isJsonObject(value) ? value : ({} as Partial<Record<keyof TypeMeta, unknown>>);
  return {
    apiVersion: typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : apiVersionOf(target),
    kind: typeof kind === 'string' && kind !== '' ? kind : target.kind,
  };
}

/** Source: apimachinery runtime/serializer. A body of another known kind is decoded there, and its conversion fails. */
function checkTypeMeta({ apiVersion, kind }: TypeMeta, target: DecodeTarget): void {
  const expected = apiVersionOf(target);
  if ((apiVersion === expected || target.otherVersions?.includes(apiVersion)) && kind === target.kind) return;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  if (typeOfKind(group, version, kind) === undefined && !isOlderVersion(apiVersion, kind)) {
    throw new DecodeError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  if (kind === target.kind) {
    throw new ApiError(
      'BadRequest',
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  const internal = `${target.group.split('.')[0] || 'core'}.${target.kind}`;
  throw new DecodeError(`converting (${version}.${kind}) to (${internal}): unknown conversion`);
}
