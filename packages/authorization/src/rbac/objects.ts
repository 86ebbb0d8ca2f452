import type { PolicyRule } from '@everynode/objects';

/** The role that a binding refers to. Shapes: rbac.authorization.k8s.io/v1. */
export interface RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

/** A Role or ClusterRole. The namespace of a ClusterRole is empty. */
export interface RoleObject {
  namespace: string;
  name: string;
  rules: readonly PolicyRule[];
}

/** A RoleBinding or ClusterRoleBinding. The namespace of a ClusterRoleBinding is empty. */
export interface BindingObject {
  namespace: string;
  name: string;
  roleRef: RoleRef;
  subjects: readonly Subject[];
}
