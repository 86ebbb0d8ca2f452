import { setClaimDefaults, setVolumeObjectDefaults } from '../defaults/claims.js';
import { setCronJobDefaults, setJobDefaults, setJobSelector } from '../defaults/job.js';
import type {
  CronJob,
  Job,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  RuntimeClass,
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
import { validateJob, validateJobUpdate } from '../validation/job.js';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation/runtime-class.js';
import type { ResourceFacts } from './define-resource.js';

/** Rules by the type of the kind: what its hooks get are objects of it. */
const rulesOf = <T extends KubeObject>(rules: Partial<ResourceFacts<T>>): Partial<ResourceFacts> => rules;

/** What some generic kinds have beside the facts of their types: columns, defaults, rules, selectable fields. */
export const OWN_RULES: Partial<Record<GenericName, Partial<ResourceFacts>>> = {
  persistentvolumeclaims: rulesOf<Stored<PersistentVolumeClaim>>({
    table: persistentVolumeClaimTable,
    setDefaults: (object) => setClaimDefaults(object),
    firstStatus: () => ({ phase: 'Pending' }),
  }),
  persistentvolumes: rulesOf<Stored<PersistentVolume>>({
    table: persistentVolumeTable,
    setDefaults: (object) => setVolumeObjectDefaults(object),
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
  }),
  podtemplates: rulesOf<Stored<PodTemplate>>({ table: podTemplateTable }),
  'runtimeclasses.node.k8s.io': rulesOf<Stored<RuntimeClass>>({
    validate: (object) => validateRuntimeClass(object),
    validateUpdate: (object, current) => validateRuntimeClassUpdate(object, current),
    table: runtimeClassTable,
  }),
  componentstatuses: { table: componentStatusTable },
  endpoints: { table: endpointsTable },
  'cronjobs.batch': rulesOf<Stored<CronJob>>({
    setDefaults: (object) => setCronJobDefaults(object),
    table: cronJobTable,
    validateNew: (object) => validateNewCronJob(object),
    validateUpdate: (object, current) => validateCronJobSpec(object.spec, current.spec),
  }),
  'endpointslices.discovery.k8s.io': { table: endpointSliceTable },
  'flowschemas.flowcontrol.apiserver.k8s.io': { table: flowSchemaTable },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': { table: priorityLevelTable },
  'ingressclasses.networking.k8s.io': { table: ingressClassTable },
  'ingresses.networking.k8s.io': { table: ingressTable },
  'ipaddresses.networking.k8s.io': { table: ipAddressTable },
  'networkpolicies.networking.k8s.io': { table: networkPolicyTable },
  'servicecidrs.networking.k8s.io': { table: serviceCidrTable },
  'deviceclasses.resource.k8s.io': { table: nameAndAgeTable },
  'resourceclaims.resource.k8s.io': { table: resourceClaimTable },
  'resourceclaimtemplates.resource.k8s.io': { table: nameAndAgeTable },
  'resourceslices.resource.k8s.io': { table: resourceSliceTable },
  'csidrivers.storage.k8s.io': { table: csiDriverTable },
  'csinodes.storage.k8s.io': { table: csiNodeTable },
  'csistoragecapacities.storage.k8s.io': { table: csiStorageCapacityTable },
  'storageclasses.storage.k8s.io': { table: storageClassTable },
  'volumeattachments.storage.k8s.io': { table: volumeAttachmentTable },
  'volumeattributesclasses.storage.k8s.io': { table: volumeAttributesClassTable },
  'apiservices.apiregistration.k8s.io': { table: apiServiceTable },
};
