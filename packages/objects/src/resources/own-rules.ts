import { setClaimDefaults, setVolumeObjectDefaults } from '../defaults/claims.js';
import type { PersistentVolume, PersistentVolumeClaim, PodTemplate, RuntimeClass } from '../kinds/api-types.js';
import type { GenericName } from '../kinds/generic-kinds.js';
import type { Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import { runtimeClassTable } from '../table/runtime-class.js';
import { podTemplateTable } from '../table/workloads.js';
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
  podtemplates: rulesOf<Stored<PodTemplate>>({ table: podTemplateTable }),
  'runtimeclasses.node.k8s.io': rulesOf<Stored<RuntimeClass>>({
    validate: (object) => validateRuntimeClass(object),
    validateUpdate: (object, current) => validateRuntimeClassUpdate(object, current),
    table: runtimeClassTable,
  }),
};
