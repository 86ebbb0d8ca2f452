/** The bus cannot be reached now. Nothing was sent; the same may be tried again. */
export class BusUnavailableError extends Error {
  override readonly name = 'BusUnavailableError';
  readonly retryable = true;
  constructor(reason: string) {
    super(`the bus cannot be used: ${reason}`);
  }
}
