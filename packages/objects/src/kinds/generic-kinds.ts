/** What differs between kinds of Kubernetes that need no code of their own. */
export interface GenericKind {
  kind: string;
  /** True for kinds whose objects belong to no namespace. */
  cluster?: true;
  shortNames?: readonly string[];
  categories?: readonly string[];
  /** The kind has a status, which only its subresource writes. */
  status?: true;
  /** `metadata.generation` counts changes of the spec. */
  generation?: true;
  createsOnUpdate?: true;
  /** A PUT has to name the version that it replaces. */
  conditional?: true;
  /** A DELETE answers with the object. */
  returnsDeleted?: true;
  readOnly?: true;
}

const all = ['all'];

/**
 * Kinds of Kubernetes 1.36 by the name under which they are stored; the version of each is v1. Names, short names and
 * categories: upstream's discovery documents. The other facts: the strategies and stores in pkg/registry.
 */
export const GENERIC_KINDS = {
  componentstatuses: { kind: 'ComponentStatus', cluster: true, shortNames: ['cs'], readOnly: true },
  endpoints: { kind: 'Endpoints', shortNames: ['ep'], createsOnUpdate: true },
  persistentvolumeclaims: { kind: 'PersistentVolumeClaim', shortNames: ['pvc'], status: true, returnsDeleted: true },
  persistentvolumes: {
    kind: 'PersistentVolume',
    cluster: true,
    shortNames: ['pv'],
    status: true,
    returnsDeleted: true,
  },
  podtemplates: { kind: 'PodTemplate', generation: true, returnsDeleted: true },
  'cronjobs.batch': { kind: 'CronJob', shortNames: ['cj'], categories: all, status: true, generation: true },
  'jobs.batch': { kind: 'Job', categories: all, status: true, generation: true },
  'endpointslices.discovery.k8s.io': { kind: 'EndpointSlice', generation: true },
  'flowschemas.flowcontrol.apiserver.k8s.io': { kind: 'FlowSchema', cluster: true, status: true, generation: true },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    kind: 'PriorityLevelConfiguration',
    cluster: true,
    status: true,
    generation: true,
  },
  'ingressclasses.networking.k8s.io': { kind: 'IngressClass', cluster: true, generation: true },
  'ingresses.networking.k8s.io': { kind: 'Ingress', shortNames: ['ing'], status: true, generation: true },
  'ipaddresses.networking.k8s.io': { kind: 'IPAddress', cluster: true, shortNames: ['ip'] },
  'networkpolicies.networking.k8s.io': { kind: 'NetworkPolicy', shortNames: ['netpol'], generation: true },
  'servicecidrs.networking.k8s.io': { kind: 'ServiceCIDR', cluster: true, status: true },
  'runtimeclasses.node.k8s.io': { kind: 'RuntimeClass', cluster: true, conditional: true },
  'deviceclasses.resource.k8s.io': { kind: 'DeviceClass', cluster: true, generation: true, returnsDeleted: true },
  'resourceclaims.resource.k8s.io': { kind: 'ResourceClaim', status: true, returnsDeleted: true },
  'resourceclaimtemplates.resource.k8s.io': { kind: 'ResourceClaimTemplate', returnsDeleted: true },
  'resourceslices.resource.k8s.io': { kind: 'ResourceSlice', cluster: true, generation: true, returnsDeleted: true },
  'csidrivers.storage.k8s.io': {
    kind: 'CSIDriver',
    cluster: true,
    generation: true,
    conditional: true,
    returnsDeleted: true,
  },
  'csinodes.storage.k8s.io': { kind: 'CSINode', cluster: true, conditional: true, returnsDeleted: true },
  'csistoragecapacities.storage.k8s.io': { kind: 'CSIStorageCapacity', conditional: true, returnsDeleted: true },
  'storageclasses.storage.k8s.io': { kind: 'StorageClass', cluster: true, shortNames: ['sc'], returnsDeleted: true },
  'volumeattachments.storage.k8s.io': {
    kind: 'VolumeAttachment',
    cluster: true,
    status: true,
    conditional: true,
    returnsDeleted: true,
  },
  'volumeattributesclasses.storage.k8s.io': {
    kind: 'VolumeAttributesClass',
    cluster: true,
    shortNames: ['vac'],
    returnsDeleted: true,
  },
  'apiservices.apiregistration.k8s.io': {
    kind: 'APIService',
    cluster: true,
    categories: ['api-extensions'],
    status: true,
  },
} satisfies Record<string, GenericKind>;

/** The name under which a generic kind is stored. */
export type GenericName = keyof typeof GENERIC_KINDS;
