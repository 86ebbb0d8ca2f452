import { setPriorityClassDefaults } from '../defaults/index.js';
import type { PriorityClass } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { priorityClassTable } from '../table/index.js';
import {
  validateNewPriorityClass,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from '../validation/coordination.js';
import { defineResource } from './define-resource.js';

export const priorityClasses = defineResource<Stored<PriorityClass>>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  shortNames: ['pc'],
  hasGeneration: true,
  setDefaults: (object) => setPriorityClassDefaults(object),
  validatesUpdated: false,
  validate: (object) => validatePriorityClass(object),
  validateNew: (object) => validateNewPriorityClass(object),
  validateUpdate: (object, current) => validatePriorityClassUpdate(object, current),
  table: priorityClassTable,
});
