import { setNodeDefaults } from '../defaults/index.js';
import type { Node } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { AGENT_ANNOTATION } from '../record.js';
import { nodeTable } from '../table/index.js';
import { validateNode, validateNodeUpdate } from '../validation/index.js';
import { nodeWarnings } from '../warnings/object-warnings.js';
import { defineResource, statusSubresource } from './define-resource.js';

export const nodes = defineResource<Stored<Node>>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  subresources: [statusSubresource],
  placementOf: ({ metadata }) => metadata.annotations?.[AGENT_ANNOTATION] ?? null,
  statusWriter: 'kubelet',
  fields: { 'spec.unschedulable': (object) => String(object.spec?.unschedulable ?? false) },
  setDefaults: (object) => setNodeDefaults(object),
  // The feature is gone, and so is its field unless a node had it before. Source: dropDisabledFields.
  prepareNew: ({ spec }) => {
    delete spec?.configSource;
  },
  carryOver: ({ spec }, current) => {
    if (!current.spec?.configSource) delete spec?.configSource;
  },
  carryOverStatus: ({ status }, current) => {
    if (!current.status?.config) delete status?.config;
  },
  validate: (object) => validateNode(object),
  warnings: (object) => nodeWarnings(object),
  table: nodeTable,
  ownMetadata: 'whole',
  validateUpdate: (object, current) => validateNodeUpdate(object, current),
  validateStatus: (object, current) => validateNodeUpdate(object, current),
});
