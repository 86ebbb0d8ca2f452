import { ApiError } from '@everynode/objects';
import type { Refusal } from '../body-worker.js';

/** The error that was thrown in another thread. */
export const refusalOf = ({ reason, message, details, cause }: Refusal): ApiError =>
  new ApiError(reason, message, details, cause === undefined ? undefined : { cause: new Error(cause) });
