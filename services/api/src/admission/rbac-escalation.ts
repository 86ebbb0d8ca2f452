import { escalation, isPrivileged, missingRole, type RoleRef } from '@everynode/authorization';
import { ApiError, canonicalJson, forbiddenTo, type KubeObject, type PolicyRule } from '@everynode/objects';
import type { Identity } from '../auth/identity.js';
import type { AdmissionPlugin, ObjectWrite } from './plugin.js';

const GROUP = 'rbac.authorization.k8s.io';

/** What a client must hold to let a role gather the rules of others. */
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

interface RoleObject extends KubeObject {
  rules?: PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: unknown[] };
}

interface BindingObject extends KubeObject {
  roleRef?: RoleRef;
}

/** A write without a client is one of the api itself. */
type ClientWrite = ObjectWrite & { identity: Identity };

/** Metadata that the garbage collector may change on any object. Source: pkg/registry/rbac/escalation_check.go. */
function changesOnlyOwnership(object: KubeObject, before: KubeObject | undefined): boolean {
  if (!before) return false;
  const rest = ({ metadata, ...fields }: KubeObject): string => {
    const {
      ownerReferences: _o,
      finalizers: _f,
      managedFields: _m,
      resourceVersion: _r,
      uid: _u,
      ...others
    } = metadata;
    const { creationTimestamp: _c, generation: _g, ...metadataLeft } = others;
    return canonicalJson({ ...fields, metadata: metadataLeft });
  };
  return rest(object) === rest(before);
}

function confirmHeld(write: ClientWrite, rules: readonly PolicyRule[]): string | undefined {
  const { context, identity, object } = write;
  const held = context.authorization.rulesFor(identity, object.metadata.namespace ?? '');
  return escalation(identity, held, rules);
}

const refusal = ({ definition, object }: ObjectWrite, why: string): ApiError =>
  forbiddenTo({ group: GROUP, plural: definition.plural, name: object.metadata.name ?? '' }, why);

function may(write: ClientWrite, verb: 'escalate' | 'bind', resource: string, name: string): boolean {
  const { context, identity: user, object } = write;
  const namespace = object.metadata.namespace ?? '';
  const attributes = {
    kind: 'resource',
    user,
    verb,
    group: GROUP,
    resource,
    subresource: '',
    namespace,
    name,
  } as const;
  return context.authorization.decide(attributes).verdict === 'allow';
}

function checkRole(write: ClientWrite): void {
  const { definition, before, operation } = write;
  const role = write.object as RoleObject;
  // The name of an object to be created is not in its path, so that names in rules do not match it.
  const name = operation === 'create' ? '' : role.metadata.name;
  if (may(write, 'escalate', definition.plural, name)) return;
  const missing = confirmHeld(write, role.rules ?? []);
  if (missing !== undefined) throw refusal(write, missing);
  const aggregates = [role, before as RoleObject | undefined].some(
    (one) => (one?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0,
  );
  if (aggregates && confirmHeld(write, EVERYTHING) !== undefined) {
    throw refusal(write, 'must have cluster-admin privileges to use the aggregationRule');
  }
}

/** @throws ApiError NotFound for the role, Forbidden. */
function checkBinding(write: ClientWrite): void {
  const { context, object } = write;
  const { roleRef } = object as BindingObject;
  // Validation refuses a binding to no role.
  if (!roleRef?.name) return;
  if (may(write, 'bind', roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles', roleRef.name)) return;
  const rules = context.authorization.rulesOf(roleRef, object.metadata.namespace ?? '');
  if (!rules) {
    const details = { name: roleRef.name, group: GROUP, kind: roleRef.kind.toLowerCase() };
    throw new ApiError('NotFound', missingRole(roleRef), details);
  }
  const missing = confirmHeld(write, rules);
  if (missing !== undefined) throw refusal(write, missing);
}

/**
 * A client gives no rights away that it does not hold, neither by a role nor by a binding, unless it may `escalate` or
 * `bind`. Source: pkg/registry/rbac, the policybased storages.
 */
export const rbacEscalation: AdmissionPlugin = {
  resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${plural}.${GROUP}`),
  operations: ['create', 'update'],
  admit(write) {
    const { context, object, before, definition } = write;
    const { identity } = context;
    if (!identity || context.authorization.allowsAll || isPrivileged(identity)) return;
    if (changesOnlyOwnership(object, before)) return;
    if (definition.plural.endsWith('bindings')) checkBinding({ ...write, identity });
    else checkRole({ ...write, identity });
  },
};
