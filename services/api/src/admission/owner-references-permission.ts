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

/** Owners of kinds that are not served have no resource here, and hold up nothing. */
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
    const ask = (attributes: Pick<ResourceAttributes, 'verb' | 'group' | 'resource' | 'subresource' | 'name'>) =>
      authorization.decide({ kind: 'resource', user, namespace, ...attributes });
    if (operation === 'update') {
      const { group, plural: resource } = definition;
      const { verdict, reason } = ask({ verb: 'delete', group, resource, subresource, name: object.metadata.name });
      if (verdict !== 'allow') forbid(write, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
    }
    for (const owner of newlyBlocking(object, before)) {
      const found = resourceOf(owner);
      if (!found) continue;
      const { group, plural: resource } = found;
      const decision = ask({ verb: 'update', group, resource, subresource: 'finalizers', name: owner.name });
      if (decision.verdict === 'allow') continue;
      const why = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
      forbid(write, `${why}: ${decision.reason}, <nil>`);
    }
  },
};
