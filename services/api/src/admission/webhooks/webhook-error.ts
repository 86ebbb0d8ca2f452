import { ApiError, STATUS_REASONS, type Status, type StatusReason } from '@everynode/objects';

/** A webhook that could not be asked, or whose answer is none. Its failurePolicy decides about the request. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly retryable = true;
}

/** The 500 of a request that fails with the call. Source: apiserver pkg/util/webhook/error.go, ErrCallingWebhook. */
export function failedCall(webhook: string, { message, cause }: CallError): ApiError {
  const detail = `failed calling webhook ${JSON.stringify(webhook)}: ${message}`;
  return new ApiError(
    'InternalError',
    `Internal error occurred: ${detail}`,
    { causes: [{ message: detail }] },
    { cause },
  );
}

/** HTTP knows no codes of errors outside of these. */
const MIN_CODE = 400;
const MAX_CODE = 599;

/** The answer to a request that a webhook has refused: its own Status, whatever code and reason it has. */
export class WebhookRejection extends ApiError {
  readonly #status: Status;

  /** Source: apiserver plugin/webhook/errors/statuserror.go. */
  constructor(webhook: string, sent: Partial<Status> | undefined) {
    const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`;
    const why = sent?.message || sent?.reason;
    const message = why ? `${denied}: ${why}` : `${denied} without explanation`;
    const code = Math.min(Math.max(MIN_CODE, sent?.code ?? 0), MAX_CODE);
    const reason = sent?.reason ?? '';
    super(reason in STATUS_REASONS ? (reason as StatusReason) : 'BadRequest', message, undefined, { code });
    const { details } = sent ?? {};
    this.#status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }

  override toStatus(): Status {
    return this.#status;
  }
}
