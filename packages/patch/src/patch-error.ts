import { ApiError } from '@everynode/objects';

/** The 400 for a patch that cannot be understood. */
export function badRequest(message: string, cause?: unknown): ApiError {
  return new ApiError('BadRequest', message, undefined, { cause });
}

/**
 * The 422 for a well-formed patch that cannot be applied to this object.
 *
 * As upstream (apiserver handlers/patch.go), the answer has a generic sentence without the reason. The reason is the
 * `cause` of the error.
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

/** The 413 for an exceeded limit, with upstream's prefix. */
export function tooLarge(message: string): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: ${message}`);
}

/** The 415 for a media type that is not served. */
export function unsupportedMediaType(message: string): ApiError {
  return new ApiError('UnsupportedMediaType', message);
}
