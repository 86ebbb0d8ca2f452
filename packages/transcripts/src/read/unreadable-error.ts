/** A recording, or a part of one, that is not understood. The message says where and why. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly retryable = false;
}
