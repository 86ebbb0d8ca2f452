import { setNamespaceDefaults } from '../defaults/index.js';
import type { Namespace } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { SubresourceDefinition, SubresourcePart } from '../resource.js';
import { namespaceTable } from '../table/index.js';
import { dnsLabelMessages } from '../validation/index.js';
import { validateNamespaceFinalizeUpdate, validateNamespaceStatus } from '../validation/namespace.js';
import { validateFinalizerName } from '../validation/object-meta.js';
import { defineResource, statusSubresource } from './define-resource.js';

/** The namespace controller removes this from spec.finalizers when the namespace is empty. */
const FINALIZER = 'kubernetes';

/** Source: pkg/registry/core/namespace/strategy.go, namespaceFinalizeStrategy. */
const finalizePart: SubresourcePart<Stored<Namespace>> = {
  prepare: (object, current) => {
    if (current.status === undefined) delete object.status;
    else object.status = structuredClone(current.status);
  },
  validate: validateNamespaceFinalizeUpdate,
};

/** Sets spec.finalizers, and metadata beside it. A namespace that is being deleted ends with its last finalizer. */
const finalize: SubresourceDefinition = { name: 'finalize', verbs: ['update'], part: finalizePart };

export const namespaces = defineResource<Stored<Namespace>>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Namespace',
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [finalize, statusSubresource],
  nameRule: dnsLabelMessages,
  table: namespaceTable,
  fields: { 'status.phase': (object) => object.status?.phase ?? '' },
  setDefaults: (object) => setNamespaceDefaults(object),
  firstStatus: (object) => {
    const finalizers = object.spec?.finalizers ?? [];
    object.spec = { finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] };
    return { phase: 'Active' };
  },
  validateNew: ({ spec }) => (spec?.finalizers ?? []).flatMap((name) => validateFinalizerName(name, 'spec.finalizers')),
  ownMetadata: 'whole',
  validateStatus: (object) => validateNamespaceStatus(object),
  // Only /finalize changes the spec.
  carryOver: (object, current) => {
    if (current.spec) object.spec = structuredClone(current.spec);
    else delete object.spec;
  },
  carryOverStatus: (object, current) => {
    if (current.spec) object.spec = structuredClone(current.spec);
    else delete object.spec;
  },
});
