import type { LabelSelector, PolicyRule } from '@everynode/objects';
import type { RoleRef, Subject } from '../rbac/objects.js';

/** A role of the bootstrap policy. A ClusterRole has no namespace. */
export interface PolicyRole {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  /** Of a ClusterRole whose rules are those of the selected ones. */
  aggregates?: LabelSelector[];
  rules: PolicyRule[];
}

/** A binding of the bootstrap policy. A ClusterRoleBinding has no namespace. */
export interface PolicyBinding {
  name: string;
  namespace?: string;
  roleRef: RoleRef;
  subjects: Subject[];
}

const RBAC = 'rbac.authorization.k8s.io';

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';
export const READ_WRITE = 'create delete deletecollection get list patch update watch';

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** `can('get list', 'apps', 'daemonsets')`: lists are separated by spaces, and `core` is the group without a name. */
export function can(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names && { resourceNames: words(names) }),
  };
}

export const visits = (urls: string, verbs = 'get'): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(urls),
});

/** Writing events, in either group. */
export const RECORDS_EVENTS: PolicyRule = can('create patch update', 'core events.k8s.io', 'events');

export const clusterRole = (name: string, ...rules: PolicyRule[]): PolicyRole => ({ name, rules });

export const roleIn = (namespace: string, name: string, ...rules: PolicyRule[]): PolicyRole => ({
  namespace,
  name,
  rules,
});

/** A ClusterRole whose rules others aggregate: `to` is the last word of the label. */
export const aggregated = (role: PolicyRole, to: string): PolicyRole => ({
  ...role,
  labels: { ...role.labels, [`${RBAC}/aggregate-to-${to}`]: 'true' },
});

/** A ClusterRole that aggregates. */
export const aggregating = (name: string): PolicyRole => ({
  name,
  aggregates: [{ matchLabels: { [`${RBAC}/aggregate-to-${name}`]: 'true' } }],
  rules: [],
});

export const user = (name: string): Subject & { apiGroup: string } => ({ kind: 'User', apiGroup: RBAC, name });
export const group = (name: string): Subject & { apiGroup: string } => ({ kind: 'Group', apiGroup: RBAC, name });
export const account = (name: string): Subject => ({ kind: 'ServiceAccount', namespace: 'kube-system', name });

/** Binds the ClusterRole of the same name. */
export const binds = (name: string, ...subjects: Subject[]): PolicyBinding => ({
  name,
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
  subjects,
});

/** Binds the Role of the same name in the namespace. */
export const bindsIn = (namespace: string, name: string, ...subjects: Subject[]): PolicyBinding => ({
  namespace,
  name,
  roleRef: { apiGroup: RBAC, kind: 'Role', name },
  subjects,
});
