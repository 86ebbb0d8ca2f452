import { ApiError } from '@everynode/objects';

/** The patch itself cannot be understood: 400. */
export function badRequest(message: string, cause?: unknown): ApiError {
  return new ApiError('BadRequest', message, undefined, { cause });
}

/**
 * The patch is well formed and cannot be carried out on this object: 422.
 *
 * Upstream (apiserver handlers/patch.go) answers with a generic sentence and keeps the reason to itself, and so is it here: the
 * reason is the `cause` of the error.
 */
export function unprocessable(reason: string, cause?: unknown): ApiError {
  const because = new Error(reason, { cause });
  return new ApiError(
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
    { cause: because },
  );
}

/** A limit of the server is exceeded: 413 with upstream's prefix. */
export function tooLarge(message: string): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity is too large: ${message}`);
}

/** The media type is not served: 415. */
export function unsupportedMediaType(message: string): ApiError {
  return new ApiError('UnsupportedMediaType', message);
}
