/**
 * Reasons of `kind: Status`, each with its HTTP code and with `retryable`: may the same request, unchanged, succeed
 * later? A Conflict is not retryable in this sense, because the client has to read the object again first.
 * Source: apimachinery meta/v1, StatusReason. The table of docs/errors.md is held equal to this one by a test.
 */
export const STATUS_REASONS = {
  BadRequest: { code: 400, retryable: false },
  Unauthorized: { code: 401, retryable: false },
  Forbidden: { code: 403, retryable: false },
  NotFound: { code: 404, retryable: false },
  MethodNotAllowed: { code: 405, retryable: false },
  NotAcceptable: { code: 406, retryable: false },
  AlreadyExists: { code: 409, retryable: false },
  Conflict: { code: 409, retryable: false },
  Expired: { code: 410, retryable: false },
  RequestEntityTooLarge: { code: 413, retryable: false },
  UnsupportedMediaType: { code: 415, retryable: false },
  Invalid: { code: 422, retryable: false },
  TooManyRequests: { code: 429, retryable: true },
  InternalError: { code: 500, retryable: false },
  ServiceUnavailable: { code: 503, retryable: true },
  Timeout: { code: 504, retryable: true },
} as const;

export type StatusReason = keyof typeof STATUS_REASONS;

/** Reasons of a cause that names a field with a fault (apimachinery field.ErrorType), and the words each prints. */
export const FIELD_ERROR_TEXTS = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
} as const;

export type FieldErrorType = keyof typeof FIELD_ERROR_TEXTS;

/** Reasons of the other causes. Clients look for them: `kubectl drain` for DisruptionBudget. */
export const CAUSE_REASONS = [
  'DisruptionBudget',
  'FieldManagerConflict',
  'NamespaceTerminating',
  'ResourceVersionTooLarge',
] as const;

export type CauseReason = FieldErrorType | (typeof CAUSE_REASONS)[number];
