const REASONS = ['BadRequest', 'InternalError', 'NotFound', 'ServiceUnavailable', 'TooManyRequests'] as const;

/** Texts for people are cut at so many characters, so that they fit into a frame and into an answer. */
const MAX_TEXT = 1024;

/** Why an agent does not open a tunnel. `reason` is one of a Kubernetes Status. */
export interface Refusal {
  reason: (typeof REASONS)[number];
  message: string;
}

/** How what a tunnel reached has ended. */
export interface Result {
  /** Of a command. */
  exitCode?: number;
  /** Why it could not be brought to its end. */
  error?: string;
}

export const textPayload = (text: string): Buffer => Buffer.from(text.slice(0, MAX_TEXT));
export const textOf = (payload: Buffer): string => payload.toString().slice(0, MAX_TEXT);

export const refusalPayload = ({ reason, message }: Refusal): Buffer =>
  Buffer.from(JSON.stringify({ reason, message: message.slice(0, MAX_TEXT) }));

/** @throws SyntaxError */
export function refusalOf(payload: Buffer): Refusal {
  const { reason, message } = fieldsOf(payload);
  const known = REASONS.find((one) => one === reason);
  if (!known || typeof message !== 'string') throw new SyntaxError('no refusal');
  return { reason: known, message: message.slice(0, MAX_TEXT) };
}

export const resultPayload = ({ error, ...result }: Result): Buffer =>
  Buffer.from(JSON.stringify({ ...result, error: error?.slice(0, MAX_TEXT) }));

/** @throws SyntaxError */
export function resultOf(payload: Buffer): Result {
  const { exitCode, error } = fieldsOf(payload);
  if (exitCode !== undefined && !Number.isSafeInteger(exitCode)) throw new SyntaxError('no exit code');
  if (error !== undefined && typeof error !== 'string') throw new SyntaxError('no text of an error');
  return {
    ...(exitCode !== undefined && { exitCode: Number(exitCode) }),
    ...(error !== undefined && { error: error.slice(0, MAX_TEXT) }),
  };
}

function fieldsOf(payload: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(payload.toString());
  if (typeof value !== 'object' || value === null) throw new SyntaxError('no object');
  return value as Record<string, unknown>;
}
