/**
 * True for an error whose class says that the same action may succeed later. Every error class of this repository has
 * the mark; docs/errors.md lists them. Errors of other libraries have none and are not retryable in this sense.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
