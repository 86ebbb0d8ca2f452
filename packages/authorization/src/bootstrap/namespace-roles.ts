import {
  account,
  bindsIn,
  can,
  type PolicyBinding,
  type PolicyRole,
  READ,
  RECORDS_EVENTS,
  roleIn,
  user,
} from './policy-form.js';

const SYSTEM = 'kube-system';
const PUBLIC = 'kube-public';

const locking = (name: string): string => `system::leader-locking-${name}`;

/** For a component that elects its leader by a lease or, as older ones do, by a config map. */
const locks = (name: string): PolicyRole =>
  roleIn(
    SYSTEM,
    locking(name),
    can('watch', 'core', 'configmaps'),
    can('get update', 'core', 'configmaps', name),
    can('create get list update watch', 'coordination.k8s.io', 'leases'),
    can('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
  );

/** Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/namespace_policy.go. */
export const NAMESPACE_ROLES: readonly PolicyRole[] = [
  roleIn(
    PUBLIC,
    'system:controller:bootstrap-signer',
    can(READ, 'core', 'configmaps'),
    can('update', 'core', 'configmaps', 'cluster-info'),
    RECORDS_EVENTS,
  ),
  roleIn(
    SYSTEM,
    'extension-apiserver-authentication-reader',
    can(READ, 'core', 'configmaps', 'extension-apiserver-authentication'),
  ),
  locks('kube-controller-manager'),
  locks('kube-scheduler'),
  roleIn(SYSTEM, 'system:controller:bootstrap-signer', can(READ, 'core', 'secrets')),
  roleIn(SYSTEM, 'system:controller:cloud-provider', can('create get list watch', 'core', 'configmaps')),
  roleIn(SYSTEM, 'system:controller:token-cleaner', can('delete get list watch', 'core', 'secrets'), RECORDS_EVENTS),
];

const reader = 'extension-apiserver-authentication-reader';

export const NAMESPACE_BINDINGS: readonly PolicyBinding[] = [
  bindsIn(PUBLIC, 'system:controller:bootstrap-signer', account('bootstrap-signer')),
  {
    ...bindsIn(SYSTEM, reader, user('system:kube-controller-manager'), user('system:kube-scheduler')),
    name: `system::${reader}`,
  },
  ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
    bindsIn(SYSTEM, locking(name), user(`system:${name}`), account(name)),
  ),
  bindsIn(SYSTEM, 'system:controller:bootstrap-signer', account('bootstrap-signer')),
  bindsIn(SYSTEM, 'system:controller:cloud-provider', account('cloud-provider')),
  bindsIn(SYSTEM, 'system:controller:token-cleaner', account('token-cleaner')),
];
