import type { ControllerRevision } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { controllerRevisionTable } from '../table/index.js';
import { validateControllerRevision, validateControllerRevisionUpdate } from '../validation/index.js';
import { defineResource } from './define-resource.js';

export const controllerRevisions = defineResource<Stored<ControllerRevision>>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  validatesUpdated: false,
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  table: controllerRevisionTable,
  comparedByBytes: true,
});
