import type { KubeObject, StoredMeta } from '../kube-object.js';
import type {
  CertificateSigningRequest,
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Event,
  Job,
  Lease,
  LimitRange,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Role,
  RoleBinding,
  RuntimeClass,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from './api-types.js';
import type { CustomResourceDefinition } from './custom-resource-definition.js';
import type { GenericName } from './generic-kinds.js';

/** Generic kinds that are read by the type of their objects. */
type TypedGeneric =
  | 'cronjobs.batch'
  | 'endpoints'
  | 'endpointslices.discovery.k8s.io'
  | 'jobs.batch'
  | 'persistentvolumeclaims'
  | 'runtimeclasses.node.k8s.io';

/** What is stored, by the name of its resource: the plural and, where there is one, the group. */
export interface Kinds extends Record<Exclude<GenericName, TypedGeneric>, KubeObject> {
  configmaps: ConfigMap;
  endpoints: Endpoints;
  events: Event;
  limitranges: LimitRange;
  namespaces: Namespace;
  nodes: Node;
  persistentvolumeclaims: PersistentVolumeClaim;
  pods: Pod;
  replicationcontrollers: ReplicationController;
  resourcequotas: ResourceQuota;
  secrets: Secret;
  serviceaccounts: ServiceAccount;
  services: Service;
  'mutatingadmissionpolicies.admissionregistration.k8s.io': MutatingAdmissionPolicy;
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': MutatingAdmissionPolicyBinding;
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': MutatingWebhookConfiguration;
  'validatingadmissionpolicies.admissionregistration.k8s.io': ValidatingAdmissionPolicy;
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': ValidatingAdmissionPolicyBinding;
  'validatingwebhookconfigurations.admissionregistration.k8s.io': ValidatingWebhookConfiguration;
  'controllerrevisions.apps': ControllerRevision;
  'daemonsets.apps': DaemonSet;
  'deployments.apps': Deployment;
  'replicasets.apps': ReplicaSet;
  'statefulsets.apps': StatefulSet;
  'horizontalpodautoscalers.autoscaling': KubeObject;
  'cronjobs.batch': CronJob;
  'jobs.batch': Job;
  'certificatesigningrequests.certificates.k8s.io': CertificateSigningRequest;
  'leases.coordination.k8s.io': Lease;
  'endpointslices.discovery.k8s.io': EndpointSlice;
  'runtimeclasses.node.k8s.io': RuntimeClass;
  'poddisruptionbudgets.policy': PodDisruptionBudget;
  'customresourcedefinitions.apiextensions.k8s.io': CustomResourceDefinition;
  'clusterrolebindings.rbac.authorization.k8s.io': ClusterRoleBinding;
  'clusterroles.rbac.authorization.k8s.io': ClusterRole;
  'rolebindings.rbac.authorization.k8s.io': RoleBinding;
  'roles.rbac.authorization.k8s.io': Role;
  'priorityclasses.scheduling.k8s.io': PriorityClass;
}

/** The name under which a resource is stored. */
export type ResourceName = keyof Kinds;

/** Kinds whose objects belong to no namespace. */
type ClusterScoped = {
  kind?:
    | 'CertificateSigningRequest'
    | 'ClusterRole'
    | 'ClusterRoleBinding'
    | 'CustomResourceDefinition'
    | 'MutatingAdmissionPolicy'
    | 'MutatingAdmissionPolicyBinding'
    | 'MutatingWebhookConfiguration'
    | 'Namespace'
    | 'Node'
    | 'PriorityClass'
    | 'ValidatingAdmissionPolicy'
    | 'ValidatingAdmissionPolicyBinding'
    | 'ValidatingWebhookConfiguration';
};

/**
 * An object of a kind as the store returns it: with apiVersion, kind, name, uid and, where the kind has one, namespace.
 */
export type Stored<T> = T & {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta & (T extends ClusterScoped ? unknown : { namespace: string });
};

/** Stored objects by the name of their resource: `StoredKinds['pods']`. */
export type StoredKinds = { [K in ResourceName]: Stored<Kinds[K]> };
