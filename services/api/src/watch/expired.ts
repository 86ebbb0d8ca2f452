import { ApiError } from '@everynode/objects';

/** The 410 for a watch from a revision after which not all changes are known any more. */
export function expired(asked: number, oldest: number): ApiError {
  return new ApiError('Expired', `too old resource version: ${asked} (${oldest})`);
}
