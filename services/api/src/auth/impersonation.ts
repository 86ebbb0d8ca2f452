import type { ResourceAttributes } from '@everynode/authorization';
import { ApiError } from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authorization } from './authorization.js';
import type { Identity } from './identity.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client that acts as another one; undefined for a client that acts as itself. */
    impersonator: Identity | undefined;
  }
}

const PREFIX = 'impersonate-';
const EXTRA_PREFIX = 'impersonate-extra-';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

type Headers = Readonly<Record<string, readonly string[] | undefined>>;

/** What the headers ask for, word by word. */
interface Wanted {
  user: string;
  uid: string;
  groups: string[];
  extra: Record<string, string[]>;
}

/** Node reads headers as latin1, and names may be UTF-8. */
const texts = (values: readonly string[] | undefined): string[] =>
  (values ?? []).map((value) => Buffer.from(value, 'latin1').toString());

function extraKey(header: string): string {
  const key = header.slice(EXTRA_PREFIX.length);
  try {
    return decodeURIComponent(key);
  } catch (error) {
    if (error instanceof URIError) return key;
    throw error;
  }
}

/**
 * Reads the headers of impersonation; undefined without any. @throws ApiError BadRequest where no user is named.
 * Source: apiserver/pkg/endpoints/filters/impersonation.
 */
function wantedUser(headers: Headers): Wanted | undefined {
  const extra: Record<string, string[]> = Object.create(null);
  for (const [header, values] of Object.entries(headers)) {
    if (header.startsWith(EXTRA_PREFIX)) extra[extraKey(header)] = texts(values);
  }
  const [user = ''] = texts(headers['impersonate-user']);
  const [uid = ''] = texts(headers['impersonate-uid']);
  const groups = texts(headers['impersonate-group']);
  if (user !== '') return { user, uid, groups, extra };
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw new ApiError('BadRequest', 'requested groups, a uid or extra values without impersonating a user name');
}

/** The questions that must all be answered with yes, in upstream's order. */
function impersonationChecks(wanted: Wanted, user: Identity): ResourceAttributes[] {
  const check = (group: string, resource: string, name: string, more: Partial<ResourceAttributes> = {}) =>
    ({
      kind: 'resource',
      user,
      verb: 'impersonate',
      group,
      resource,
      subresource: '',
      namespace: '',
      name,
      ...more,
    }) as const;
  const account = serviceAccountOf(wanted.user);
  return [
    account
      ? check('', 'serviceaccounts', account.name, { namespace: account.namespace })
      : check('', 'users', wanted.user),
    ...wanted.groups.map((name) => check('', 'groups', name)),
    ...Object.entries(wanted.extra).flatMap(([key, values]) =>
      values.map((value) => check('authentication.k8s.io', 'userextras', value, { subresource: key })),
    ),
    ...(wanted.uid ? [check('authentication.k8s.io', 'uids', wanted.uid)] : []),
  ];
}

function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
}

/** The user that a client becomes: with the groups that an account and a known user have anyway. */
function impersonated({ user, uid, groups, extra }: Wanted): Identity {
  const account = serviceAccountOf(user);
  const own =
    account && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : [...groups];
  const isAnonymous = user === 'system:anonymous';
  const implied = isAnonymous ? UNAUTHENTICATED : AUTHENTICATED;
  const isSaid = own.includes(UNAUTHENTICATED) || (!isAnonymous && own.includes(AUTHENTICATED));
  return {
    user,
    groups: isSaid ? own : [...own, implied],
    ...(uid && { uid }),
    ...(Object.keys(extra).length > 0 && { extra: { ...extra } }),
  };
}

/** Lets clients act as others, where they may. From here on the request is one of the other. */
export function addImpersonation(fastify: FastifyInstance, authorization: Authorization): void {
  fastify.decorateRequest('impersonator', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    try {
      if (asksForAnother(request)) impersonate(request, authorization);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

function asksForAnother({ headers }: FastifyRequest): boolean {
  for (const header in headers) if (header.startsWith(PREFIX)) return true;
  return false;
}

function impersonate(request: FastifyRequest, authorization: Authorization): void {
  const { identity } = request;
  // Without an identity the request is refused in the next step.
  if (!identity) return;
  const wanted = wantedUser(request.raw.headersDistinct);
  if (!wanted) return;
  for (const check of impersonationChecks(wanted, identity)) authorization.require(check);
  request.impersonator = identity;
  request.identity = impersonated(wanted);
}
