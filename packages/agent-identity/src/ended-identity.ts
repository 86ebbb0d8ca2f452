import type { AgentDirectory } from './agent-directory.js';
import { ask, RefusedError } from './api.js';

const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/**
 * Why the identity of an agent is good no more: its time is `over`, or it was `revoked`. Undefined while it may be
 * good: an api that does not answer now says nothing against it.
 */
export async function endOf(directory: AgentDirectory): Promise<'over' | 'revoked' | undefined> {
  const [identity, server] = await Promise.all([directory.read(), directory.server()]);
  if (identity.notAfter <= Date.now()) return 'over';
  try {
    await ask({ server, ca: identity.ca, pem: identity.pem }, 'POST', WHO_AM_I, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    return undefined;
  } catch (error) {
    return error instanceof RefusedError && error.status === 401 ? 'revoked' : undefined;
  }
}
