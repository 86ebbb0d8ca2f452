import type { KubeObject } from '../src/kube-object.js';
import { apiVersionOf, type ResourceDefinition } from '../src/resource.js';

const container = { name: 'c', image: 'registry.example/c:1' };
const template = (restartPolicy = 'Always') => ({
  metadata: { labels: { app: 's' } },
  spec: { restartPolicy, containers: [container] },
});
const selector = { matchLabels: { app: 's' } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const deviceRequests = [{ name: 'r', exactly: { deviceClassName: 'gpu.example' } }];

const about = { kind: 'Pod', name: 'p', namespace: 'default' };
const event = {
  eventTime: '2026-01-01T00:00:00.000000Z',
  action: 'Act',
  type: 'Normal',
  reason: 'Sample',
  reportingInstance: 'one',
};

/** What each kind needs beside a name. Kinds that are not named here need nothing. */
const FIELDS: Readonly<Record<string, object>> = {
  APIService: {
    metadata: { name: 'v1.metrics.example' },
    spec: {
      group: 'metrics.example',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 's', namespace: 'default' },
    },
  },
  CSIStorageCapacity: { storageClassName: 'fast' },
  CertificateSigningRequest: {},
  ClusterRole: { rules },
  ClusterRoleBinding: { roleRef },
  ControllerRevision: { data: { a: 1 }, revision: 1 },
  CronJob: { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template('Never') } } } },
  CSIDriver: { metadata: { name: 'csi.example.com' }, spec: { attachRequired: false } },
  CSINode: { spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n', topologyKeys: ['zone'] }] } },
  DaemonSet: { spec: { selector, template: template() } },
  Deployment: { spec: { selector, template: template() } },
  DeviceClass: { metadata: { name: 'gpu.example' }, spec: {} },
  EndpointSlice: { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: 'p', port: 80 }] },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  FlowSchema: {
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1000,
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'u' } }],
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
        },
      ],
    },
  },
  HorizontalPodAutoscaler: {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
  },
  IPAddress: {
    metadata: { name: '10.96.200.200' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } },
  },
  Ingress: { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
  IngressClass: { spec: { controller: 'example.com/ingress' } },
  Job: { spec: { template: template('Never') } },
  LimitRange: { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
  NetworkPolicy: { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
  PersistentVolume: {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
  },
  PersistentVolumeClaim: { spec: claim },
  Pod: { spec: { containers: [container] } },
  PodDisruptionBudget: { spec: { maxUnavailable: 1, selector } },
  PodTemplate: { template: template() },
  PriorityClass: { value: 5 },
  PriorityLevelConfiguration: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
  ReplicaSet: { spec: { selector, template: template() } },
  ReplicationController: { spec: { template: template() } },
  ResourceClaim: { spec: { devices: { requests: deviceRequests } } },
  ResourceClaimTemplate: { spec: { spec: { devices: { requests: deviceRequests } } } },
  ResourceSlice: {
    spec: { driver: 'gpu.example', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
  },
  RoleBinding: { roleRef },
  RuntimeClass: { handler: 'runc' },
  Service: { spec: { ports: [{ port: 80 }] } },
  ServiceCIDR: { spec: { cidrs: ['10.200.0.0/24'] } },
  StatefulSet: { spec: { serviceName: 's', selector, template: template() } },
  StorageClass: { provisioner: 'csi.example.com' },
  MutatingAdmissionPolicy: {
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
      reinvocationPolicy: 'Never',
    },
  },
  MutatingAdmissionPolicyBinding: { spec: { policyName: 'p' } },
  ValidatingAdmissionPolicy: {
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      validations: [{ expression: 'true' }],
    },
  },
  ValidatingAdmissionPolicyBinding: { spec: { policyName: 'p', validationActions: ['Deny'] } },
  VolumeAttachment: {
    spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } },
  },
  VolumeAttributesClass: { driverName: 'csi.example.com', parameters: { iops: '1' } },
};

/** The same for kinds whose groups have other fields. */
const FIELDS_IN_GROUP: Readonly<Record<string, object>> = {
  'v1 Event': { ...event, involvedObject: about, reportingComponent: 'example.com/sample' },
  'events.k8s.io/v1 Event': { ...event, regarding: about, reportingController: 'example.com/sample' },
};

/** A small valid object of a kind, as a client sends it. */
export function sampleObject(definition: ResourceDefinition, name: string): KubeObject {
  const { metadata, ...fields } = (FIELDS_IN_GROUP[`${apiVersionOf(definition)} ${definition.kind}`] ??
    FIELDS[definition.kind] ??
    {}) as Partial<KubeObject>;
  return {
    apiVersion: apiVersionOf(definition),
    kind: definition.kind,
    metadata: { name, ...metadata },
    ...structuredClone(fields),
  } as KubeObject;
}
