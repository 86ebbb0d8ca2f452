import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';

const TIMEOUT_MS = 30_000;

/** Where the api is, and the credential to show it. */
export interface ApiAccess {
  server: string;
  /** PEM; undefined where the authority is not known yet. */
  ca: string | undefined;
  token?: string;
  /** PEM of a certificate and its key. */
  pem?: string;
}

/** The api refused a request, and would refuse it again. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly retryable = false;
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Asks the api. @throws RefusedError, and Error for an api that cannot answer now. */
export async function ask<T>(access: ApiAccess, method: string, path: string, body?: object): Promise<T> {
  const { server, ca, token, pem } = access;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
    const outgoing = request(
      new URL(path, server),
      {
        method,
        agent: false,
        timeout: TIMEOUT_MS,
        // Without an authority nothing of the answer is trusted: see discoverAuthority.
        ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
        ...(pem !== undefined && { cert: pem, key: pem }),
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, answer: bytes.toString() }),
          reject,
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${server} did not answer in ${TIMEOUT_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end(text);
  });
  const parsed: unknown = answer.startsWith('{') ? JSON.parse(answer) : undefined;
  if (status < 200 || status > 299) {
    const { message } = (parsed ?? {}) as { message?: string };
    const text = `${method} ${path}: ${status} ${message ?? answer}`;
    throw status === 429 || status >= 500 ? new Error(text) : new RefusedError(text, status);
  }
  return parsed as T;
}
