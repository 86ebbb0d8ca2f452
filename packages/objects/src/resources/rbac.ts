import type { ClusterRole, RoleBinding } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { genericTable, roleBindingTable } from '../table/index.js';
import {
  pathSegmentFaults,
  RBAC_GROUP,
  validateBinding,
  validateBindingUpdate,
  validateClusterRole,
  validateRules,
} from '../validation/rbac.js';
import { defineResource, type ResourceFacts } from './define-resource.js';

/** Roles and bindings are kept as they are written. Nothing enforces them yet: every client with a certificate may do all. */
const common = { group: RBAC_GROUP, version: 'v1', nameRule: pathSegmentFaults, createsOnUpdate: true } as const;

const roleOf = (object: KubeObject): ClusterRole => object as unknown as ClusterRole;
const bindingOf = (object: KubeObject): RoleBinding => object as unknown as RoleBinding;

/** Source: pkg/apis/rbac/v1/defaults.go. */
function setBindingDefaults(object: KubeObject): void {
  const { roleRef, subjects } = bindingOf(object);
  if (roleRef && !roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC_GROUP;
  }
}

const binding = (
  kinds: readonly string[],
): Pick<ResourceFacts, 'setDefaults' | 'validate' | 'validateUpdate' | 'table'> => ({
  setDefaults: setBindingDefaults,
  validate: (object) => validateBinding(bindingOf(object), kinds),
  validateUpdate: (object, current) => validateBindingUpdate(bindingOf(object), bindingOf(current)),
  table: roleBindingTable,
});

export const roles = defineResource({
  ...common,
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.Role',
  validate: (object) => validateRules(roleOf(object).rules, true),
  table: genericTable,
});

export const clusterRoles = defineResource({
  ...common,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  validate: (object) => validateClusterRole(roleOf(object)),
  table: genericTable,
});

export const roleBindings = defineResource({
  ...common,
  ...binding(['Role', 'ClusterRole']),
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
});

export const clusterRoleBindings = defineResource({
  ...common,
  ...binding(['ClusterRole']),
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
});
