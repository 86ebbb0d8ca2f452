import { setClaimDefaults, setVolumeObjectDefaults } from '../defaults/claims.js';
import { setFlowSchemaDefaults, setPriorityLevelDefaults } from '../defaults/flow-control.js';
import { setCronJobDefaults, setJobDefaults, setJobSelector } from '../defaults/job.js';
import {
  setEndpointSliceDefaults,
  setEndpointsDefaults,
  setIngressClassDefaults,
  setNetworkPolicyDefaults,
} from '../defaults/networking.js';
import { setCsiDriverDefaults, setStorageClassDefaults } from '../defaults/storage.js';
import type {
  CronJob,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressClass,
  Job,
  NetworkPolicy,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  RuntimeClass,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../kinds/api-types.js';
import type { GenericName } from '../kinds/generic-kinds.js';
import type { Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import { cronJobTable } from '../table/cron-job.js';
import {
  endpointSliceTable,
  endpointsTable,
  ingressClassTable,
  ingressTable,
  ipAddressTable,
  networkPolicyTable,
  serviceCidrTable,
} from '../table/networking.js';
import { runtimeClassTable } from '../table/runtime-class.js';
import {
  csiDriverTable,
  csiNodeTable,
  csiStorageCapacityTable,
  persistentVolumeClaimTable,
  persistentVolumeTable,
  storageClassTable,
  volumeAttachmentTable,
  volumeAttributesClassTable,
} from '../table/storage.js';
import {
  apiServiceTable,
  componentStatusTable,
  flowSchemaTable,
  nameAndAgeTable,
  priorityLevelTable,
  resourceClaimTable,
  resourceSliceTable,
} from '../table/system.js';
import { jobTable, podTemplateTable } from '../table/workloads.js';
import { validateCronJobSpec, validateNewCronJob } from '../validation/cron-job.js';
import {
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateNewIngress,
} from '../validation/ingress.js';
import { validateJob, validateJobUpdate } from '../validation/job.js';
import { validateJobStatusUpdate } from '../validation/job-status.js';
import { validateIngressStatus } from '../validation/load-balancer-status.js';
import { validateNetworkPolicy } from '../validation/network-policy.js';
import { validatePersistentVolumeClaim, validatePersistentVolumeClaimUpdate } from '../validation/persistent-claim.js';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../validation/persistent-volume.js';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation/runtime-class.js';
import {
  validateCsiDriver,
  validateCsiDriverUpdate,
  validateCsiNode,
  validateCsiNodeUpdate,
  validateCsiStorageCapacity,
  validateCsiStorageCapacityUpdate,
  validateNewVolumeAttachment,
  validateStorageClass,
  validateStorageClassUpdate,
  validateVolumeAttachment,
  validateVolumeAttachmentUpdate,
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from '../validation/storage.js';
import type { ResourceFacts } from './define-resource.js';

/** Rules by the type of the kind: what its hooks get are objects of it. */
const rulesOf = <T extends KubeObject>(rules: OwnRules<T>): OwnRules => rules;

/** What a generic kind has of its own. */
export interface OwnRules<T extends KubeObject = KubeObject> extends Partial<ResourceFacts<T>> {
  /** True where `validate` says, in upstream's order, also what the facts of the type tell. */
  validatesAll?: true;
}

/** What some generic kinds have beside the facts of their types: columns, defaults, rules, selectable fields. */
export const OWN_RULES: Partial<Record<GenericName, OwnRules>> = {
  persistentvolumeclaims: rulesOf<Stored<PersistentVolumeClaim>>({
    table: persistentVolumeClaimTable,
    setDefaults: (object) => setClaimDefaults(object),
    validatesAll: true,
    validate: (object) => validatePersistentVolumeClaim(object),
    validateUpdate: (object, current) => validatePersistentVolumeClaimUpdate(object, current),
    ownMetadata: 'whole',
    firstStatus: () => ({ phase: 'Pending' }),
  }),
  persistentvolumes: rulesOf<Stored<PersistentVolume>>({
    table: persistentVolumeTable,
    setDefaults: (object) => setVolumeObjectDefaults(object),
    validatesAll: true,
    validate: (object) => validatePersistentVolume(object),
    validateUpdate: (object, current) => validatePersistentVolumeUpdate(object, current),
    ownMetadata: 'as new',
    firstStatus: () => ({ phase: 'Pending' }),
  }),
  'jobs.batch': rulesOf<Stored<Job>>({
    // As before there was garbage collection: registry/batch/job, DefaultGarbageCollectionPolicy.
    deletion: { defaultPropagation: 'Orphan' },
    setDefaults: (object) => setJobDefaults(object),
    firstStatus: (object) => {
      setJobSelector(object);
      return {};
    },
    table: jobTable,
    validate: (object) => validateJob(object),
    validateUpdate: (object, current) => validateJobUpdate(object, current),
    validateStatus: (object, current) => validateJobStatusUpdate(object, current),
  }),
  podtemplates: rulesOf<Stored<PodTemplate>>({ table: podTemplateTable }),
  'runtimeclasses.node.k8s.io': rulesOf<Stored<RuntimeClass>>({
    validate: (object) => validateRuntimeClass(object),
    validateUpdate: (object, current) => validateRuntimeClassUpdate(object, current),
    table: runtimeClassTable,
  }),
  componentstatuses: { table: componentStatusTable },
  endpoints: rulesOf<Stored<Endpoints>>({
    table: endpointsTable,
    setDefaults: (object) => setEndpointsDefaults(object),
  }),
  'cronjobs.batch': rulesOf<Stored<CronJob>>({
    setDefaults: (object) => setCronJobDefaults(object),
    table: cronJobTable,
    validateNew: (object) => validateNewCronJob(object),
    validateUpdate: (object, current) => validateCronJobSpec(object.spec, current.spec),
  }),
  'endpointslices.discovery.k8s.io': rulesOf<Stored<EndpointSlice>>({
    table: endpointSliceTable,
    setDefaults: (object) => setEndpointSliceDefaults(object),
  }),
  'flowschemas.flowcontrol.apiserver.k8s.io': { table: flowSchemaTable, setDefaults: setFlowSchemaDefaults },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    table: priorityLevelTable,
    setDefaults: setPriorityLevelDefaults,
  },
  'ingressclasses.networking.k8s.io': rulesOf<Stored<IngressClass>>({
    table: ingressClassTable,
    setDefaults: (object) => setIngressClassDefaults(object),
    validatesAll: true,
    validate: (object) => validateIngressClass(object),
    validateUpdate: (object, current) => validateIngressClassUpdate(object, current),
    ownMetadata: 'whole',
  }),
  'ingresses.networking.k8s.io': rulesOf<Stored<Ingress>>({
    table: ingressTable,
    validatesAll: true,
    validate: (object) => validateIngress(object),
    validateNew: (object) => validateNewIngress(object),
    validateStatus: (object) => validateIngressStatus(object),
    ownMetadata: 'whole',
  }),
  'ipaddresses.networking.k8s.io': { table: ipAddressTable },
  'networkpolicies.networking.k8s.io': rulesOf<Stored<NetworkPolicy>>({
    table: networkPolicyTable,
    setDefaults: (object) => setNetworkPolicyDefaults(object),
    validatesAll: true,
    validate: (object) => validateNetworkPolicy(object),
  }),
  'servicecidrs.networking.k8s.io': { table: serviceCidrTable },
  'deviceclasses.resource.k8s.io': { table: nameAndAgeTable },
  'resourceclaims.resource.k8s.io': { table: resourceClaimTable },
  'resourceclaimtemplates.resource.k8s.io': { table: nameAndAgeTable },
  'resourceslices.resource.k8s.io': { table: resourceSliceTable },
  'csidrivers.storage.k8s.io': rulesOf<Stored<CSIDriver>>({
    table: csiDriverTable,
    setDefaults: (object) => setCsiDriverDefaults(object),
    validatesAll: true,
    validate: (object) => validateCsiDriver(object),
    validateUpdate: (object, current) => validateCsiDriverUpdate(object, current),
  }),
  'csinodes.storage.k8s.io': rulesOf<Stored<CSINode>>({
    table: csiNodeTable,
    validatesAll: true,
    validate: (object) => validateCsiNode(object),
    validateUpdate: (object, current) => validateCsiNodeUpdate(object, current),
    ownMetadata: 'as new',
  }),
  'csistoragecapacities.storage.k8s.io': rulesOf<Stored<CSIStorageCapacity>>({
    table: csiStorageCapacityTable,
    validatesAll: true,
    validate: (object) => validateCsiStorageCapacity(object),
    validateUpdate: (object, current) => validateCsiStorageCapacityUpdate(object, current),
    validatesUpdated: false,
  }),
  'storageclasses.storage.k8s.io': rulesOf<Stored<StorageClass>>({
    table: storageClassTable,
    setDefaults: (object) => setStorageClassDefaults(object),
    validatesAll: true,
    validate: (object) => validateStorageClass(object),
    validateUpdate: (object, current) => validateStorageClassUpdate(object, current),
    validatesUpdated: false,
  }),
  'volumeattachments.storage.k8s.io': rulesOf<Stored<VolumeAttachment>>({
    table: volumeAttachmentTable,
    validatesAll: true,
    validate: (object) => validateVolumeAttachment(object),
    validateNew: (object) => validateNewVolumeAttachment(object),
    validateUpdate: (object, current) => validateVolumeAttachmentUpdate(object, current),
    ownMetadata: 'as new',
  }),
  'volumeattributesclasses.storage.k8s.io': rulesOf<Stored<VolumeAttributesClass>>({
    table: volumeAttributesClassTable,
    validatesAll: true,
    validate: (object) => validateVolumeAttributesClass(object),
    validateUpdate: (object, current) => validateVolumeAttributesClassUpdate(object, current),
    ownMetadata: 'whole',
  }),
  'apiservices.apiregistration.k8s.io': { table: apiServiceTable },
};
