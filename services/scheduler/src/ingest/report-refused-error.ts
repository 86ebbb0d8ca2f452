/** What an agent reported breaks a rule of the API. The same report would be refused again. */
export class ReportRefusedError extends Error {
  override readonly name = 'ReportRefusedError';
  readonly retryable = false;
}
