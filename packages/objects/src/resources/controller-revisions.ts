import { controllerRevisionTable } from '../table/index.js';
import type { RevisionParts } from '../validation/controller-revision.js';
import { validateControllerRevision, validateControllerRevisionUpdate } from '../validation/index.js';
import { defineResource } from './define-resource.js';

export const controllerRevisions = defineResource({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  validate: (object) => validateControllerRevision(object as RevisionParts),
  validateUpdate: (object, current) =>
    validateControllerRevisionUpdate(object as RevisionParts, current as RevisionParts),
  table: controllerRevisionTable,
  comparedByBytes: true,
});
