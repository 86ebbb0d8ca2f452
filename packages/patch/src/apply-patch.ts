import { ApiError, parseJsonText } from '@everynode/objects';
import type { LookupType } from './field-facts.js';
import { goText } from './go-text.js';
import type { JsonMap } from './json.js';
import { applyJsonPatch } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { badRequest } from './patch-error.js';
import { applyStrategicMergePatch } from './strategic-merge/merge-map.js';

const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** The served media types of a PATCH, in upstream's order. */
const PATCH_MEDIA_TYPES = [
  JSON_PATCH,
  'application/merge-patch+json',
  STRATEGIC,
  'application/apply-patch+yaml',
] as const;

/** Server-side apply, which needs more than the object: see server-side-apply/ownership.ts. */
export const APPLY_MEDIA_TYPE = 'application/apply-patch+yaml';

/** Where a strategic merge patch finds the merge keys of the object. */
interface PatchSchema {
  /** Name of the object's type in the schema: `io.k8s.api.apps.v1.DaemonSet`. */
  typeName: string;
  lookupType: LookupType;
}

/**
 * Applies the body of a PATCH request to an object. Neither is changed.
 * @param contentType The header's value; parameters (`; charset=utf-8`) are ignored.
 * @param body Text or bytes of JSON as received, or the parsed value. No patch is a bare JSON string, so a string is
 *   always JSON text.
 * @throws ApiError UnsupportedMediaType for any other media type, else as the function for the media type does.
 */
export function applyPatch(contentType: string, object: object, body: unknown, schema: PatchSchema): JsonMap {
  const mediaType = mediaTypeOf(contentType);
  switch (mediaType) {
    case JSON_PATCH:
      return applyJsonPatch(object, parseBody(body, contentType));
    case 'application/merge-patch+json':
      return applyMergePatch(object, parseBody(body, contentType));
    case STRATEGIC:
      return applyStrategicMergePatch(object, parseBody(body, contentType), schema.typeName, schema.lookupType);
    default:
      throw unknownMediaType();
  }
}

/** In the words of the library that routes upstream's requests: it refuses such a patch before the handler does. */
const unknownMediaType = (): ApiError => new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', {});

/** @throws ApiError UnsupportedMediaType for a media type that is no kind of patch. */
export function checkMediaType(contentType: string): void {
  const known: readonly string[] = PATCH_MEDIA_TYPES;
  if (!known.includes(mediaTypeOf(contentType))) throw unknownMediaType();
}

const mediaTypeOf = (contentType: string): string => contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';

export const isJsonPatch = (contentType: string): boolean => mediaTypeOf(contentType) === JSON_PATCH;

export const isStrategic = (contentType: string): boolean => mediaTypeOf(contentType) === STRATEGIC;

/**
 * A patch in the form of error messages: a strategic merge patch as Go prints a map, others as JSON of their result.
 */
export function describePatch(contentType: string, text: string, patched: object): string {
  return isStrategic(contentType) ? goText(JSON.parse(text)) : JSON.stringify(patched);
}

/** The refusal of a patch whose text is no JSON, in the words of Go. Source: apiserver handlers/patch.go. */
export function undecodablePatch(contentType: string, cause: unknown): ApiError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return badRequest(isStrategic(contentType) ? message : `error decoding patch: ${message}`, cause);
}

function parseBody(body: unknown, contentType: string): unknown {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  if (typeof text !== 'string') return text;
  try {
    return parseJsonText(text);
  } catch (error) {
    throw undecodablePatch(contentType, error);
  }
}
