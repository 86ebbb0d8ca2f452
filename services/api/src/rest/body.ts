import { ApiError, decodeObject, type KubeObject, parseBody, type ResourceDefinition } from '@everynode/objects';
import { bodyFormat } from '../negotiate.js';
import type { Query } from '../query.js';

/** A request's body and what it says of itself. */
export interface Body {
  text: string;
  contentType: string | undefined;
}

/** Reads an object of a resource's type. `warnings` are for Warning headers. */
export function readObject(
  body: Body,
  definition: ResourceDefinition,
  query: Query,
): { object: KubeObject; warnings: string[] } {
  const format = bodyFormat(body.contentType);
  if (body.text.trim() === '') throw new ApiError('BadRequest', 'the body of the request is empty');
  return decodeObject(parseBody(body.text, format), definition, query.fieldValidation);
}
