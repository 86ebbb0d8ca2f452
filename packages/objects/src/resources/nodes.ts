import { setNodeDefaults } from '../defaults/index.js';
import type { Node } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { nodeTable } from '../table/index.js';
import { validateNode, validateNodeUpdate } from '../validation/index.js';
import { defineResource, statusSubresource } from './define-resource.js';

const nodeOf = (object: KubeObject): Node => object as unknown as Node;

export const nodes = defineResource({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  subresources: [statusSubresource],
  fields: { 'spec.unschedulable': (object) => String(nodeOf(object).spec?.unschedulable ?? false) },
  setDefaults: (object) => setNodeDefaults(nodeOf(object)),
  validate: (object) => validateNode(nodeOf(object)),
  table: nodeTable,
  validateUpdate: (object, current) => validateNodeUpdate(nodeOf(object), nodeOf(current)),
});
