import { setClaimDefaults, setVolumeObjectDefaults } from '../defaults/claims.js';
import { setJobDefaults, setJobSelector } from '../defaults/job.js';
import type { Job, PersistentVolume, PersistentVolumeClaim, PodTemplate, RuntimeClass } from '../kinds/api-types.js';
import type { GenericName } from '../kinds/generic-kinds.js';
import type { Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import { runtimeClassTable } from '../table/runtime-class.js';
import { jobTable, podTemplateTable } from '../table/workloads.js';
import { validateJob, validateJobUpdate } from '../validation/job.js';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation/runtime-class.js';
import type { ResourceFacts } from './define-resource.js';

/** Rules by the type of the kind: what its hooks get are objects of it. */
const rulesOf = <T extends KubeObject>(rules: Partial<ResourceFacts<T>>): Partial<ResourceFacts> => rules;

/** What some generic kinds have beside the facts of their types: columns, defaults, rules, selectable fields. */
export const OWN_RULES: Partial<Record<GenericName, Partial<ResourceFacts>>> = {
  persistentvolumeclaims: rulesOf<Stored<PersistentVolumeClaim>>({
    setDefaults: (object) => setClaimDefaults(object),
    firstStatus: () => ({ phase: 'Pending' }),
  }),
  persistentvolumes: rulesOf<Stored<PersistentVolume>>({
    setDefaults: (object) => setVolumeObjectDefaults(object),
    firstStatus: () => ({ phase: 'Pending' }),
  }),
  'jobs.batch': rulesOf<Stored<Job>>({
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
};
