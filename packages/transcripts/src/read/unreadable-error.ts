/** A recording, or a part of one, that is not understood. The message has the place and the reason. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly retryable = false;
}
