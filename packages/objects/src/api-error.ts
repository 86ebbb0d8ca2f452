import { type CauseReason, STATUS_REASONS, type StatusReason } from './status-reasons.js';

/**
 * One cause in `details.causes`. `field` is a JSON path in upstream's form: `spec.template.spec.containers[0].name`.
 */
export interface StatusCause {
  /** Upstream leaves it out where webhooks and policies refuse a request. */
  reason?: CauseReason;
  message: string;
  field?: string;
}

interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The body of an answer without an object: of a request that failed, or of a delete that has no object to return. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/**
 * An error that a client receives as a Status. Anything else that is thrown becomes an InternalError.
 *
 * An ApiError is an answer to a request. Parts below the api throw it only for what a user can mend (a template, a
 * selector, a quantity), never for an outage: so a controller may report it on the object as the user's mistake.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  /** May the same request, unchanged, succeed later? See {@link STATUS_REASONS}. */
  readonly retryable: boolean;
  /** `metadata` of the Status. A list that cannot continue returns here a token from which it can. */
  readonly metadata: Record<string, unknown>;
  /** Texts for Warning headers beside the error. */
  readonly warnings: string[] = [];

  constructor(
    readonly reason: StatusReason,
    message: string,
    /** False leaves the details out when they are empty. Some of upstream's errors have an empty object there. */
    readonly details?: StatusDetails,
    options?: { cause?: unknown; code?: number; metadata?: Record<string, unknown> },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = options?.code ?? STATUS_REASONS[reason].code;
    this.retryable = STATUS_REASONS[reason].retryable;
    this.metadata = options?.metadata ?? {};
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** The subject of an error. The group is empty for the core group; plural and name are those of the request path. */
export interface ErrorSubject {
  group: string;
  plural: string;
  name: string;
}

const qualified = (subject: ErrorSubject): string =>
  subject.group ? `${subject.plural}.${subject.group}` : subject.plural;

const detailsOf = (subject: ErrorSubject): StatusDetails => ({
  name: subject.name,
  ...(subject.group && { group: subject.group }),
  kind: subject.plural,
});

export function notFound(subject: ErrorSubject): ApiError {
  return new ApiError('NotFound', `${qualified(subject)} "${subject.name}" not found`, detailsOf(subject));
}

/** `deleting` is true when the object with that name is being deleted. */
export function alreadyExists(subject: ErrorSubject, deleting = false): ApiError {
  const message = `${deleting ? 'object is being deleted: ' : ''}${qualified(subject)} "${subject.name}" already exists`;
  return new ApiError('AlreadyExists', message, detailsOf(subject));
}

/** The 409 for generated names that were all taken. */
export function generatedNameTaken(subject: ErrorSubject): ApiError {
  return new ApiError(
    'AlreadyExists',
    `${qualified(subject)} "${subject.name}" already exists, the server was not able to generate a unique name for the object`,
    { ...detailsOf(subject), retryAfterSeconds: 1 },
  );
}

/** A 403 with its reason. */
export function forbiddenTo(subject: ErrorSubject, why: string, causes?: StatusCause[]): ApiError {
  return new ApiError('Forbidden', `${qualified(subject)} "${subject.name}" is forbidden: ${why}`, {
    ...detailsOf(subject),
    ...(causes && { causes }),
  });
}

export function conflict(subject: ErrorSubject, detail: string): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${detail}`,
    detailsOf(subject),
  );
}

/** The conflict of an update whose resourceVersion is not the stored one. */
export function staleWrite(subject: ErrorSubject): ApiError {
  return conflict(
    subject,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}
