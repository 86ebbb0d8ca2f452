import type { LookupType } from './field-facts.js';
import type { JsonMap } from './json.js';
import { applyJsonPatch } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { badRequest, unsupportedMediaType } from './patch-error.js';
import { applyStrategicMergePatch } from './strategic-merge/merge-map.js';

/** Media types of a PATCH that are answered, in the order in which upstream lists them. */
export const PATCH_MEDIA_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

/** Server-side apply, which needs more than the object: see server-side-apply/ownership.ts. */
export const APPLY_MEDIA_TYPE = 'application/apply-patch+yaml';

/** Where a strategic merge patch finds the merge keys of the object. */
export interface PatchSchema {
  /** Name of the object's type in the schema: `io.k8s.api.apps.v1.DaemonSet`. */
  typeName: string;
  lookupType: LookupType;
}

/**
 * Applies the body of a PATCH request to an object; neither is changed.
 *
 * @param contentType The header's value; parameters (`; charset=utf-8`) are ignored.
 * @param body Text or bytes of JSON as received, or the value already parsed. No patch is a bare JSON string, so that
 * text is always taken for JSON.
 * @throws ApiError UnsupportedMediaType for any other media type, else as the function for the media type says.
 */
export function applyPatch(contentType: string, object: object, body: unknown, schema: PatchSchema): JsonMap {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  switch (mediaType) {
    case 'application/json-patch+json':
      return applyJsonPatch(object, parseBody(body));
    case 'application/merge-patch+json':
      return applyMergePatch(object, parseBody(body));
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(object, parseBody(body), schema.typeName, schema.lookupType);
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${PATCH_MEDIA_TYPES.join(', ')}`,
      );
  }
}

function parseBody(body: unknown): unknown {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`invalid JSON document: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
