import type { ApiContext } from '../api-context.js';
import type { Target } from '../write/target.js';

/**
 * An apply and an update may create the object that they name, and were authorised as what they are.
 * @throws ApiError Forbidden for a client that may not create it. Source: apiserver handlers/patch.go, update.go,
 * withAuthorization.
 */
export function requireCreate({ identity: user, authorization }: ApiContext, target: Target): void {
  if (!user) return;
  const { definition, namespace, name } = target;
  const { group, plural: resource } = definition;
  authorization.require({ kind: 'resource', user, verb: 'create', group, resource, subresource: '', namespace, name });
}
