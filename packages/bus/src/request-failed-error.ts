/** The service that was asked could not answer. The message has its reason; the request may be sent again later. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';
  readonly retryable = true;
  constructor(
    readonly subject: string,
    reason: string,
  ) {
    super(`${subject}: ${reason}`);
  }
}
