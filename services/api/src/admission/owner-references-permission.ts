import { isPrivileged, type ResourceAttributes } from '@everynode/authorization';
import {
  apiVersionOf,
  canonicalJson,
  forbiddenTo,
  type KubeObject,
  type OwnerReference,
  resources,
} from '@everynode/objects';
import type { AdmissionPlugin, ObjectWrite } from './plugin.js';

const ownersOf = (object: KubeObject | undefined): OwnerReference[] => object?.metadata.ownerReferences ?? [];

/** References that hold up the deletion of their owner, and did not before. */
function newlyBlocking(object: KubeObject, before: KubeObject | undefined): OwnerReference[] {
  const known = new Map(ownersOf(before).map((owner) => [owner.uid, owner]));
  return ownersOf(object).filter((owner) => owner.blockOwnerDeletion && !known.get(owner.uid)?.blockOwnerDeletion);
}

const resourceOf = ({ apiVersion, kind }: OwnerReference) =>
  resources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);

function forbid({ definition, object }: ObjectWrite, why: string): never {
  const { group, plural } = definition;
  throw forbiddenTo({ group, plural, name: object.metadata.name ?? '' }, why);
}

/**
 * The owners of an object are set by clients that may delete it, and an owner's deletion is held up by clients that may
 * set its finalizers. Source: plugin/pkg/admission/gc, OwnerReferencesPermissionEnforcement.
 */
export const ownerReferencesPermission: AdmissionPlugin = {
  operations: ['create', 'update'],
  admit(write) {
    const { context, definition, operation, subresource = '', object, before } = write;
    const { identity: user, authorization } = context;
    if (!user || authorization.allowsAll || isPrivileged(user)) return;
    if (definition.storage === 'pods' && subresource === 'status') return;
    if (canonicalJson(ownersOf(object)) === canonicalJson(ownersOf(before))) return;
    const namespace = object.metadata.namespace ?? '';
    const ask = (attributes: Omit<ResourceAttributes, 'kind' | 'user' | 'namespace'> & { namespace?: string }) =>
      authorization.decide({ kind: 'resource', user, namespace, ...attributes });
    if (operation === 'update') {
      const { group, plural: resource } = definition;
      const { verdict, reason } = ask({ verb: 'delete', group, resource, subresource, name: object.metadata.name });
      if (verdict !== 'allow') forbid(write, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
    }
    for (const owner of newlyBlocking(object, before)) {
      const { apiVersion, kind, name } = owner;
      const found = resourceOf(owner);
      if (!found) {
        const what = `cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}`;
        const why = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
        return forbid(write, `cannot set blockOwnerDeletion in this case because ${what}: ${why}`);
      }
      const { group, plural: resource, namespaced } = found;
      // An owner without a namespace is not among what a role of a namespace is about.
      const of = { verb: 'update', group, resource, subresource: 'finalizers', name };
      const decision = ask({ ...of, ...(!namespaced && { namespace: '' }) });
      if (decision.verdict === 'allow') continue;
      const why = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
      forbid(write, `${why}: ${decision.reason}, <nil>`);
    }
  },
};
