import { posix } from 'node:path';
import { ApiError } from '@everynode/objects';

/** The begin of the next page of a list. */
export interface Continuation {
  /**
   * The revision that all pages show; undefined: the newest, because the first page's revision is not known any more.
   */
  revision: number | undefined;
  /** The first key of the page, without the list's prefix. */
  start: string;
}

const VERSION = 'meta.k8s.io/v1';
const LATEST = -1;

/** The same form as upstream's (apiserver/pkg/storage/continue.go), so that any replica can continue the list. */
export function encodeToken({ revision, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision ?? LATEST, start })).toString('base64url');
}

const refused = (why: string, cause?: unknown): ApiError =>
  new ApiError('BadRequest', `invalid continue token: continue key is not valid${why}`, undefined, { cause });

/** @throws ApiError BadRequest for text that is no token. */
export function decodeToken(text: string): Continuation {
  const { v, rv, start } = parsed(text);
  if (v !== VERSION) throw refused(`: server does not recognize this encoded version ${String(v ?? '')}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0) {
    throw refused(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (typeof start !== 'string' || start === '') {
    throw refused(': encoded start key empty (version meta.k8s.io/v1)');
  }
  // A key outside the prefix would show objects that the request's path does not name.
  const rooted = start.startsWith('/') ? start : `/${start}`;
  if (posix.normalize(rooted) !== rooted) throw refused(`: ${start}`);
  return { revision: rv < 0 ? undefined : rv, start: rooted.slice(1) };
}

function parsed(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw refused(': illegal base64 data');
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw refused('', cause);
  }
  throw refused('');
}

/** The 410 for a token whose revision is not known any more. It has a token that continues with the newest revision. */
export function expiredToken({ start }: Continuation): ApiError {
  return new ApiError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. Start a new list without it, or go ' +
      'on with the continue token of this answer: the list is then inconsistent, as it may show or leave out what was ' +
      'written since its first page.',
    {},
    { metadata: { continue: encodeToken({ revision: undefined, start }) } },
  );
}
