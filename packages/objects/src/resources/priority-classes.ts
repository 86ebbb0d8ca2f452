import { setPriorityClassDefaults } from '../defaults/index.js';
import type { PriorityClass } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { priorityClassTable } from '../table/index.js';
import { validatePriorityClass, validatePriorityClassUpdate } from '../validation/coordination.js';
import { defineResource } from './define-resource.js';

const classOf = (object: KubeObject): PriorityClass => object as unknown as PriorityClass;

export const priorityClasses = defineResource({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  shortNames: ['pc'],
  setDefaults: (object) => setPriorityClassDefaults(classOf(object)),
  validate: (object) => validatePriorityClass(classOf(object)),
  validateUpdate: (object, current) => validatePriorityClassUpdate(classOf(object), classOf(current)),
  table: priorityClassTable,
});
