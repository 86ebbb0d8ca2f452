import { parseBootstrapToken, type ResourceName } from '@everynode/objects';
import { decodeJwt } from 'jose';
import type { ApiContext } from '../api-context.js';
import { identityOfBootstrapToken } from './bootstrap-authentication.js';
import { findObject } from './find-object.js';
import { AUTHENTICATED, CREDENTIAL_ID, type Identity } from './identity.js';
import { ISSUER, type NamedObject, userNameOf, type VerifiedToken } from './service-account-tokens.js';

/** The token is not accepted. The message may be shown to the client. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly retryable = false;
}

/** What a token is accepted for: an identity, and those of the wanted audiences that it is for. */
export interface AcceptedToken {
  identity: Identity;
  audiences: string[];
}

/**
 * Returns the identity of a token: of a service account, of a node that joins, or of the OIDC issuer. The form of a
 * token and the issuer that it names decide what it is tried as, so that it is refused for one reason.
 * @param audiences what the token must be for; the API itself by default.
 * @throws TokenRefusedError
 */
export async function authenticateToken(
  context: ApiContext,
  token: string,
  audiences: readonly string[] = [ISSUER],
): Promise<AcceptedToken> {
  const bootstrap = parseBootstrapToken(token);
  if (bootstrap) {
    const shared = forTheApi(audiences);
    const identity = await identityOfBootstrapToken(context, bootstrap, Date.now());
    if (!identity) throw new TokenRefusedError('invalid bearer token');
    return { identity, audiences: shared };
  }
  const { oidc } = context.credentials;
  if (oidc && issuerOf(token) === oidc.issuer) {
    const shared = forTheApi(audiences);
    try {
      return { identity: await oidc.identify(token), audiences: shared };
    } catch (cause) {
      throw new TokenRefusedError(`oidc: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return await authenticateAccount(context, token, audiences);
}

/** The issuer that a token names, before anything of it is verified. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined; // No JWT, so no issuer.
  }
}

/**
 * Tokens that know no audiences of ours are for the API alone.
 * Source: apiserver/pkg/authentication/authenticator, WrapAudienceAgnosticToken.
 */
function forTheApi(audiences: readonly string[]): string[] {
  const shared = audiences.filter((audience) => audience === ISSUER);
  if (shared.length === 0) throw new TokenRefusedError('invalid bearer token');
  return shared;
}

/**
 * A token of a service account is valid as long as the account and the object that it is bound to exist.
 * Source: pkg/serviceaccount/claims.go, Validate.
 */
async function authenticateAccount(
  context: ApiContext,
  token: string,
  audiences: readonly string[],
): Promise<AcceptedToken> {
  const verified = await verify(context, token);
  const shared = verified.audiences.filter((audience) => audiences.includes(audience));
  if (shared.length === 0) {
    const [has, wanted] = [verified.audiences, audiences].map((list) => JSON.stringify(list).replaceAll(',', ' '));
    throw new TokenRefusedError(`token audiences ${has} is invalid for the target audiences ${wanted}`);
  }
  await requirePresent(context, verified);
  return { identity: identityOfToken(verified), audiences: shared };
}

async function verify({ tokens }: ApiContext, token: string): Promise<VerifiedToken> {
  try {
    return await tokens.verify(token);
  } catch (cause) {
    const expired = cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWT_EXPIRED';
    throw new TokenRefusedError(expired ? 'service account token has expired' : 'invalid bearer token', { cause });
  }
}

async function requirePresent(context: ApiContext, { claims }: VerifiedToken): Promise<void> {
  const { namespace, serviceaccount, pod, secret, node } = claims;
  const account = await findObject(context, 'serviceaccounts', namespace, serviceaccount.name);
  if (!account) throw new TokenRefusedError(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`);
  if (account.record.uid !== serviceaccount.uid) {
    const uids = `(${account.record.uid}) does not match claim (${serviceaccount.uid})`;
    throw new TokenRefusedError(`service account UID ${uids}`);
  }
  const bound: [resource: ResourceName, namespace: string, ref: NamedObject | undefined][] = [
    ['pods', namespace, pod],
    ['secrets', namespace, secret],
    // Beside a pod the node is only the pod's place, and the token is not bound to it.
    ['nodes', '', pod ? undefined : node],
  ];
  for (const [resource, inside, ref] of bound) {
    if (!ref) continue;
    const found = await findObject(context, resource, inside, ref.name);
    if (found?.record.uid !== ref.uid) throw new TokenRefusedError('service account token has been invalidated');
  }
}

/** Source: apiserver/pkg/authentication/serviceaccount/util.go, UserInfo. */
function identityOfToken({ claims, id }: VerifiedToken): Identity {
  const { namespace, serviceaccount, pod, node } = claims;
  const about = (kind: string, ref: NamedObject | undefined): Record<string, string[]> =>
    ref
      ? {
          [`authentication.kubernetes.io/${kind}-name`]: [ref.name],
          [`authentication.kubernetes.io/${kind}-uid`]: [ref.uid],
        }
      : {};
  return {
    user: userNameOf(claims),
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
    extra: {
      [CREDENTIAL_ID]: [`JTI=${id}`],
      ...about('node', node),
      ...about('pod', pod),
    },
  };
}
