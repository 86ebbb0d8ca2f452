import { ApiError } from '@everynode/objects';
import { DataRefusedError, StoreOverloadedError, StoreUnavailableError } from '@everynode/store';

/** The Status of a read or write that the store rejected; undefined for any other error. */
export function statusOfStoreError(error: unknown): ApiError | undefined {
  const details = { retryAfterSeconds: 1 };
  if (error instanceof StoreUnavailableError && error.outcomeUnknown) {
    // Without Retry-After: what was carried out must not be carried out again.
    const message = 'Timeout: the store has not confirmed in time whether the request was carried out';
    return new ApiError('Timeout', message, undefined, { cause: error });
  }
  if (error instanceof StoreUnavailableError) {
    return new ApiError('ServiceUnavailable', error.message, details, { cause: error });
  }
  if (error instanceof StoreOverloadedError) {
    return new ApiError('TooManyRequests', error.message, details, { cause: error });
  }
  if (error instanceof DataRefusedError) return new ApiError('Invalid', error.message, undefined, { cause: error });
  return undefined;
}
