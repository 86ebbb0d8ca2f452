import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { clusterRoleBindingTable, genericTable, roleBindingTable } from '../table/index.js';
import { pathSegmentMessages } from '../validation/names.js';
import {
  RBAC_GROUP,
  validateBinding,
  validateBindingUpdate,
  validateClusterRole,
  validateRules,
} from '../validation/rbac.js';
import { defineResource, type ResourceFacts } from './define-resource.js';

const common = {
  group: RBAC_GROUP,
  version: 'v1',
  nameRule: pathSegmentMessages,
  createsOnUpdate: true,
  ownMetadata: 'whole',
} as const;

/** Upstream's storage has no empty lists, and the rules are written when there are none. */
function keepNoRules(object: { rules?: unknown }): void {
  if (!Array.isArray(object.rules) || object.rules.length === 0) object.rules = null;
}

type Binding = Stored<RoleBinding | ClusterRoleBinding>;

/** Source: pkg/apis/rbac/v1/defaults.go. */
function setBindingDefaults(object: Binding): void {
  const { roleRef, subjects } = object;
  if (roleRef && !roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC_GROUP;
  }
}

const binding = (
  kinds: readonly string[],
  namespaced: boolean,
): Pick<ResourceFacts<Binding>, 'setDefaults' | 'validate' | 'validateUpdate'> => ({
  setDefaults: setBindingDefaults,
  validate: (object) => validateBinding(object, kinds, namespaced),
  validateUpdate: (object, current) => validateBindingUpdate(object, current),
});

export const roles = defineResource<Stored<Role>>({
  ...common,
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.Role',
  asStored: keepNoRules,
  validate: (object) => validateRules(object.rules, true),
  table: genericTable,
});

export const clusterRoles = defineResource<Stored<ClusterRole>>({
  ...common,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  asStored: keepNoRules,
  validate: (object) => validateClusterRole(object),
  table: genericTable,
});

export const roleBindings = defineResource<Binding>({
  ...common,
  ...binding(['Role', 'ClusterRole'], true),
  table: roleBindingTable,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
});

export const clusterRoleBindings = defineResource<Binding>({
  ...common,
  ...binding(['ClusterRole'], false),
  table: clusterRoleBindingTable,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
});
