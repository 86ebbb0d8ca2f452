import { randomUUID } from 'node:crypto';
import type { ApiContext } from '../../api-context.js';
import type { AdmittedResource, Attributes, KindName } from './attributes.js';
import { OPERATIONS } from './match.js';

/** A connection has no options beside those that stand for its object. */
const OPTIONS = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  delete: 'DeleteOptions',
  connect: undefined,
} as const;

/**
 * The AdmissionRequest without its objects, as webhooks and the variable `request` have it.
 * @param sentAs the resource in whose form the objects are sent. Source: apiserver plugin/webhook/request.
 */
export function requestOf(
  { identity }: ApiContext,
  { operation, definition, kind: ownKind, namespace, name, subresource }: Attributes,
  sentAs: AdmittedResource,
  dryRun: boolean,
): Record<string, unknown> {
  const kindOf = ({ group, version, kind }: KindName) => ({ group, version, kind });
  const resourceOf = ({ group, version, plural }: AdmittedResource) => ({ group, version, resource: plural });
  const isNamespace = definition.storage === 'namespaces';
  return {
    uid: randomUUID(),
    kind: kindOf(ownKind ?? sentAs),
    resource: resourceOf(sentAs),
    ...(subresource !== '' && { subResource: subresource }),
    requestKind: kindOf(ownKind ?? definition),
    requestResource: resourceOf(definition),
    ...(subresource !== '' && { requestSubResource: subresource }),
    ...(name !== '' && { name }),
    ...((definition.namespaced || isNamespace) && { namespace: isNamespace ? name : namespace }),
    operation: OPERATIONS[operation],
    userInfo: {
      username: identity?.user ?? '',
      ...(identity?.uid !== undefined && { uid: identity.uid }),
      groups: [...(identity?.groups ?? [])],
      ...(identity?.extra && { extra: identity.extra }),
    },
    dryRun,
    options: OPTIONS[operation]
      ? { kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1', ...(dryRun && { dryRun: ['All'] }) }
      : null,
  };
}
