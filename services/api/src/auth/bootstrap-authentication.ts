import { timingSafeEqual } from 'node:crypto';
import {
  BOOTSTRAP_NAMESPACE,
  BOOTSTRAPPERS,
  type BootstrapToken,
  bootstrapSecretName,
  isBootstrapTokenExpired,
  readBootstrapToken,
  type Secret,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { findObject } from './find-object.js';
import { authenticated, type Identity } from './identity.js';

const USER_PREFIX = 'system:bootstrap:';
/** Which nodes may join with the token: it comes to the requests for certificates, and no client can set it there. */
export const NODE_NAMES = 'everynode.io/node-names';

/** The identity of a bootstrap token that may authenticate now; undefined for any other. */
export async function identityOfBootstrapToken(
  context: ApiContext,
  { id, secret }: { id: string; secret: string },
  now: number,
): Promise<Identity | undefined> {
  const token = await findBootstrapToken(context, id);
  if (!token || !areEqual(token.secret, secret)) return undefined;
  if (!token.authenticates || isBootstrapTokenExpired(token, now)) return undefined;
  const { groups, nodeNames } = token;
  return authenticated({
    user: `${USER_PREFIX}${id}`,
    groups: [BOOTSTRAPPERS, ...groups],
    ...(nodeNames.length > 0 && { extra: { [NODE_NAMES]: nodeNames } }),
  });
}

/** The id of the token with which a client came; undefined for a client with another credential. */
export function bootstrapIdOf({ user, groups }: Identity): string | undefined {
  return user.startsWith(USER_PREFIX) && groups.includes(BOOTSTRAPPERS) ? user.slice(USER_PREFIX.length) : undefined;
}

/** Source: plugin/pkg/auth/authenticator/token/bootstrap. A secret that is being deleted is none. */
async function findBootstrapToken(context: ApiContext, id: string): Promise<BootstrapToken | undefined> {
  const found = await findObject(context, 'secrets', BOOTSTRAP_NAMESPACE, bootstrapSecretName(id));
  if (!found || found.metadata.deletionTimestamp !== undefined) return undefined;
  return readBootstrapToken(found.object as Secret);
}

/** In a time that does not depend on where the texts differ. */
function areEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
