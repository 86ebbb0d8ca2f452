import {
  account,
  binds,
  can,
  clusterRole,
  type PolicyBinding,
  type PolicyRole,
  READ,
  RECORDS_EVENTS,
} from './policy-form.js';

const PREFIX = 'system:controller:';

const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';

const controller = (name: string, ...rules: PolicyRole['rules']): PolicyRole => clusterRole(PREFIX + name, ...rules);

/**
 * Upstream's ClusterRoles for the controllers whose kinds are served here, for those who run these controllers from
 * outside. The controllers of the scheduler write to the store, and need none.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go.
 */
export const CONTROLLER_ROLES: readonly PolicyRole[] = [
  controller(
    'certificate-controller',
    can('delete get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
    can('update', 'certificates.k8s.io', 'certificatesigningrequests/approval certificatesigningrequests/status'),
    can('approve', 'certificates.k8s.io', 'signers', KUBELET_CLIENT),
    can(
      'sign',
      'certificates.k8s.io',
      'signers',
      `kubernetes.io/kube-apiserver-client ${KUBELET_CLIENT} kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown`,
    ),
    can('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    RECORDS_EVENTS,
  ),
  controller(
    'clusterrole-aggregation-controller',
    can('escalate get list patch update watch', 'rbac.authorization.k8s.io', 'clusterroles'),
  ),
  controller(
    'daemon-set-controller',
    can(READ, 'apps extensions', 'daemonsets'),
    can('update', 'apps extensions', 'daemonsets/status'),
    can('update', 'apps extensions', 'daemonsets/finalizers'),
    can('list watch', 'core', 'nodes'),
    can('create delete list patch watch', 'core', 'pods'),
    can('create', 'core', 'pods/binding'),
    can('create delete get list patch update watch', 'apps', 'controllerrevisions'),
    RECORDS_EVENTS,
  ),
  controller(
    'deployment-controller',
    can('get list update watch', 'apps extensions', 'deployments'),
    can('update', 'apps extensions', 'deployments/status'),
    can('update', 'apps extensions', 'deployments/finalizers'),
    can('create delete get list patch update watch', 'apps extensions', 'replicasets'),
    can('get list update watch', 'core', 'pods'),
    RECORDS_EVENTS,
  ),
  controller(
    'disruption-controller',
    can(READ, 'apps extensions', 'deployments'),
    can(READ, 'apps extensions', 'replicasets'),
    can(READ, 'core', 'replicationcontrollers'),
    can(READ, 'policy', 'poddisruptionbudgets'),
    can(READ, 'apps', 'statefulsets'),
    can('update', 'policy', 'poddisruptionbudgets/status'),
    can('patch update', 'core', 'pods/status'),
    can('get', '*', '*/scale'),
    RECORDS_EVENTS,
  ),
  controller(
    'endpoint-controller',
    can(READ, 'core', 'pods services'),
    can('create delete get list update', 'core', 'endpoints'),
    can('create', 'core', 'endpoints/restricted'),
    RECORDS_EVENTS,
  ),
  controller(
    'endpointslice-controller',
    can(READ, 'core', 'nodes pods services'),
    can('update', 'core', 'services/finalizers'),
    can('create delete get list update', 'discovery.k8s.io', 'endpointslices'),
    RECORDS_EVENTS,
  ),
  controller('generic-garbage-collector', can('delete get list patch update watch', '*', '*'), RECORDS_EVENTS),
  controller(
    'job-controller',
    can('get list patch update watch', 'batch', 'jobs'),
    can('update', 'batch', 'jobs/status'),
    can('update', 'batch', 'jobs/finalizers'),
    can('create delete list patch watch', 'core', 'pods'),
    RECORDS_EVENTS,
  ),
  controller(
    'namespace-controller',
    can('delete get list watch', 'core', 'namespaces'),
    can('update', 'core', 'namespaces/finalize namespaces/status'),
    can('delete deletecollection get list', '*', '*'),
  ),
  controller(
    'node-controller',
    can('delete get list patch update watch', 'core', 'nodes'),
    can('patch update', 'core', 'nodes/status'),
    can('patch update', 'core', 'pods/status'),
    can('delete get list watch', 'core', 'pods'),
    RECORDS_EVENTS,
  ),
  controller(
    'pod-garbage-collector',
    can('delete list watch', 'core', 'pods'),
    can('get list', 'core', 'nodes'),
    can('patch', 'core', 'pods/status'),
  ),
  controller(
    'replicaset-controller',
    can('get list update watch', 'apps extensions', 'replicasets'),
    can('update', 'apps extensions', 'replicasets/status'),
    can('update', 'apps extensions', 'replicasets/finalizers'),
    can('create delete list patch watch', 'core', 'pods'),
    RECORDS_EVENTS,
  ),
  controller(
    'replication-controller',
    can('get list update watch', 'core', 'replicationcontrollers'),
    can('update', 'core', 'replicationcontrollers/status'),
    can('update', 'core', 'replicationcontrollers/finalizers'),
    can('create delete list patch watch', 'core', 'pods'),
    RECORDS_EVENTS,
  ),
  controller(
    'resourcequota-controller',
    can('list watch', '*', '*'),
    can('update', 'core', 'resourcequotas/status'),
    RECORDS_EVENTS,
  ),
  controller('root-ca-cert-publisher', can('create update', 'core', 'configmaps'), RECORDS_EVENTS),
  controller('service-account-controller', can('create', 'core', 'serviceaccounts'), RECORDS_EVENTS),
];

/** Each role is bound to the account of its controller. */
export const CONTROLLER_BINDINGS: readonly PolicyBinding[] = CONTROLLER_ROLES.map(({ name }) =>
  binds(name, account(name.slice(PREFIX.length))),
);
