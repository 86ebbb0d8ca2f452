import { ApiError } from '@everynode/objects';
import type { BackoffOptions } from '@everynode/service-shell';

/** The wait ends at 2 s: after an outage of the store every key has to be right again within seconds. */
const AFTER_FAILURE: BackoffOptions = { firstMs: 5, maxMs: 2000 };

/**
 * A refusal (a template that names a PriorityClass which does not exist) lasts until a user changes an object, and each
 * try costs a look at every node of the DaemonSet. So the wait grows as upstream's does, up to 1000 s. A change of the
 * reconciled object itself does not wait: its event queues the key at once.
 * Source: client-go util/workqueue, DefaultTypedControllerRateLimiter.
 */
const AFTER_REFUSAL: BackoffOptions = { firstMs: 5, maxMs: 1_000_000 };

/** True for an error that a user has to mend: trying again changes nothing. An outage of the store is none. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !error.retryable;
}

/** The one back-off policy of all controllers. */
export function backoffAfter(error: unknown): BackoffOptions {
  return isRefusal(error) ? AFTER_REFUSAL : AFTER_FAILURE;
}
