import { NODE_RULES } from '../node/node-rules.js';
import {
  aggregated,
  aggregating,
  can,
  clusterRole,
  type PolicyRole,
  READ,
  READ_WRITE,
  RECORDS_EVENTS,
  visits,
  WRITE,
} from './policy-form.js';

const HEALTH = '/healthz /livez /readyz';

/** For tools that manage certificates of one signer. */
const approver = (name: string, signer: string): PolicyRole =>
  clusterRole(`system:certificates.k8s.io:${name}-approver`, can('approve', 'certificates.k8s.io', 'signers', signer));

/**
 * Upstream's default ClusterRoles for users, nodes and components.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
export const CLUSTER_ROLES: readonly PolicyRole[] = [
  clusterRole('cluster-admin', can('*', '*', '*'), visits('*', '*')),
  clusterRole('system:discovery', visits(`/api /api/* /apis /apis/* ${HEALTH} /openapi /openapi/* /version /version/`)),
  clusterRole('system:public-info-viewer', visits(`${HEALTH} /version /version/`)),
  clusterRole(
    'system:monitoring',
    visits(`/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*`),
  ),
  clusterRole(
    'system:basic-user',
    can('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    can('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ),
  aggregating('admin'),
  aggregated(aggregating('edit'), 'admin'),
  aggregated(aggregating('view'), 'edit'),
  aggregated(
    clusterRole(
      'system:aggregate-to-admin',
      can('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
      can(READ_WRITE, 'rbac.authorization.k8s.io', 'rolebindings roles'),
    ),
    'admin',
  ),
  aggregated(
    clusterRole(
      'system:aggregate-to-edit',
      can(READ, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      can('impersonate', 'core', 'serviceaccounts'),
      can(WRITE, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      can('create', 'core', 'pods/eviction'),
      can(
        WRITE,
        'core',
        'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      can('create', 'core', 'serviceaccounts/token'),
      can(
        WRITE,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      can(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
      can(WRITE, 'batch', 'cronjobs jobs'),
      can(
        WRITE,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      can(WRITE, 'policy', 'poddisruptionbudgets'),
      can(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
      can(READ_WRITE, 'coordination.k8s.io', 'leases'),
    ),
    'edit',
  ),
  aggregated(
    clusterRole(
      'system:aggregate-to-view',
      can(
        READ,
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      can(
        READ,
        'core',
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      can(READ, 'core', 'namespaces'),
      can(READ, 'discovery.k8s.io', 'endpointslices'),
      can(
        READ,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      can(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      can(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      can(
        READ,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      can(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      can(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
    ),
    'view',
  ),
  // Everynode's own: a client that may read a DaemonSet may ask why its pods run where they do.
  aggregated(clusterRole('everynode:explain', can('create get', 'explain.everynode.io', 'daemonsets')), 'view'),
  // Source: metrics-server manifests/base/rbac.yaml.
  ['view', 'edit', 'admin'].reduce(
    aggregated,
    clusterRole('system:aggregated-metrics-reader', can(READ, 'metrics.k8s.io', 'nodes pods')),
  ),
  clusterRole('system:node', ...NODE_RULES),
  clusterRole(
    'system:node-problem-detector',
    can('get', 'core', 'nodes'),
    can('patch', 'core', 'nodes/status'),
    RECORDS_EVENTS,
  ),
  clusterRole(
    'system:kubelet-api-admin',
    can(READ, 'core', 'nodes'),
    can('proxy', 'core', 'nodes'),
    can('*', 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
  ),
  clusterRole(
    'system:node-bootstrapper',
    can('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  ),
  clusterRole(
    'system:auth-delegator',
    can('create', 'authentication.k8s.io', 'tokenreviews'),
    can('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ),
  clusterRole('system:kube-aggregator', can(READ, 'core', 'endpoints services')),
  clusterRole(
    'system:kube-controller-manager',
    RECORDS_EVENTS,
    can('create', 'coordination.k8s.io', 'leases'),
    can('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
    can('create', 'core', 'secrets serviceaccounts'),
    can('delete', 'core', 'secrets'),
    can('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
    can('update', 'core', 'secrets serviceaccounts'),
    can('create', 'authentication.k8s.io', 'tokenreviews'),
    can('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    can('list watch', '*', '*'),
    can('create', 'core', 'serviceaccounts/token'),
  ),
  clusterRole('system:kube-dns', can('list watch', 'core', 'endpoints services')),
  clusterRole(
    'system:kube-scheduler',
    RECORDS_EVENTS,
    can('create', 'coordination.k8s.io', 'leases'),
    can('get update', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    can(READ, 'core', 'nodes'),
    can('delete get list watch', 'core', 'pods'),
    can('create', 'core', 'bindings pods/binding'),
    can('patch update', 'core', 'pods/status'),
    can(READ, 'core', 'replicationcontrollers services'),
    can(READ, 'apps extensions', 'replicasets'),
    can(READ, 'apps', 'statefulsets'),
    can(READ, 'policy', 'poddisruptionbudgets'),
    can(READ, 'core', 'persistentvolumeclaims persistentvolumes'),
    can('create', 'authentication.k8s.io', 'tokenreviews'),
    can('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    can(READ, 'storage.k8s.io', 'csinodes'),
    can(READ, 'core', 'namespaces'),
    can(READ, 'storage.k8s.io', 'csidrivers'),
    can(READ, 'storage.k8s.io', 'csistoragecapacities'),
  ),
  clusterRole(
    'system:node-proxier',
    can('list watch', 'core', 'endpoints services'),
    can(READ, 'core', 'nodes'),
    RECORDS_EVENTS,
    can('list watch', 'discovery.k8s.io', 'endpointslices'),
  ),
  clusterRole(
    'system:persistent-volume-provisioner',
    can('create delete get list watch', 'core', 'persistentvolumes'),
    can('get list update watch', 'core', 'persistentvolumeclaims'),
    can(READ, 'storage.k8s.io', 'storageclasses'),
    can('watch', 'core', 'events'),
    RECORDS_EVENTS,
  ),
  clusterRole(
    'system:volume-scheduler',
    can('get list patch update watch', 'core', 'persistentvolumes'),
    can(READ, 'storage.k8s.io', 'storageclasses'),
    can('get list patch update watch', 'core', 'persistentvolumeclaims'),
  ),
  clusterRole('system:service-account-issuer-discovery', visits('/.well-known/openid-configuration /openid/v1/jwks')),
  clusterRole(
    'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    can('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ),
  clusterRole(
    'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    can('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ),
  approver('kube-apiserver-client', 'kubernetes.io/kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet', 'kubernetes.io/kube-apiserver-client-kubelet'),
  approver('kubelet-serving', 'kubernetes.io/kubelet-serving'),
  approver('legacy-unknown', 'kubernetes.io/legacy-unknown'),
];
