import { PRIVILEGED_GROUP } from '../authorizer.js';
import { aggregatedRules } from '../rbac/aggregate.js';
import { CLUSTER_ROLES } from './cluster-roles.js';
import { CONTROLLER_BINDINGS, CONTROLLER_ROLES } from './controller-roles.js';
import { NAMESPACE_BINDINGS, NAMESPACE_ROLES } from './namespace-roles.js';
import { account, binds, group, type PolicyBinding, type PolicyRole, user } from './policy-form.js';

const AUTHENTICATED = group('system:authenticated');
const UNAUTHENTICATED = group('system:unauthenticated');

const CLUSTER_BINDINGS: readonly PolicyBinding[] = [
  binds('cluster-admin', group(PRIVILEGED_GROUP)),
  binds('system:monitoring', group('system:monitoring')),
  binds('system:discovery', AUTHENTICATED),
  binds('system:basic-user', AUTHENTICATED),
  binds('system:public-info-viewer', AUTHENTICATED, UNAUTHENTICATED),
  binds('system:node-proxier', user('system:kube-proxy')),
  binds('system:kube-controller-manager', user('system:kube-controller-manager')),
  binds('system:kube-dns', account('kube-dns')),
  binds('system:kube-scheduler', user('system:kube-scheduler')),
  binds('system:volume-scheduler', user('system:kube-scheduler')),
  // Without subjects: nodes have their rights from the node authorizer.
  binds('system:node'),
  binds('system:service-account-issuer-discovery', group('system:serviceaccounts')),
];

/** Roles that aggregate begin with the rules of the policy itself. A controller adds those of other roles. */
function withAggregatedRules(roles: readonly PolicyRole[]): PolicyRole[] {
  const done = new Map(roles.map((role) => [role.name, role]));
  // From the narrow to the wide: `edit` has all of `view`, and `admin` all of `edit`.
  for (const name of ['view', 'edit', 'admin']) {
    const role = done.get(name);
    if (role?.aggregates) done.set(name, { ...role, rules: aggregatedRules(name, role.aggregates, done.values()) });
  }
  return [...done.values()];
}

/** The roles and bindings of a new cluster. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy. */
export const BOOTSTRAP_ROLES: readonly PolicyRole[] = [
  ...withAggregatedRules(CLUSTER_ROLES),
  ...CONTROLLER_ROLES,
  ...NAMESPACE_ROLES,
];

export const BOOTSTRAP_BINDINGS: readonly PolicyBinding[] = [
  ...CLUSTER_BINDINGS,
  ...CONTROLLER_BINDINGS,
  ...NAMESPACE_BINDINGS,
];
