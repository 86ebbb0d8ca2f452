/** The service that was asked could not answer. Its own reason is in the message; the request may be sent again later. */
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
