import { qosClassOf, setPodDefaults } from '../defaults/index.js';
import type { Pod } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { podTable } from '../table/index.js';
import { validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from '../validation/index.js';
import { ALL_VERBS, defineResource, statusSubresource } from './define-resource.js';
import { ephemeralContainers, resize } from './pod-parts.js';

const podOf = (object: KubeObject): Pod => object as unknown as Pod;

export const pods = defineResource({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  returnsDeleted: true,
  schema: 'io.k8s.api.core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: [
    ephemeralContainers,
    resize,
    { name: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
    { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    statusSubresource,
  ],
  hasGeneration: true,
  fields: {
    'spec.nodeName': (object) => podOf(object).spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => podOf(object).spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => podOf(object).spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => podOf(object).spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(podOf(object).spec?.hostNetwork ?? false),
    'status.phase': (object) => podOf(object).status?.phase ?? '',
    // An old name of spec.nodeName, and a name that no pod has a value under: upstream takes both.
    'spec.host': (object) => podOf(object).spec?.nodeName ?? '',
    'status.podIPs': () => '',
    'status.podIP': (object) => podOf(object).status?.podIPs?.[0]?.ip ?? podOf(object).status?.podIP ?? '',
    'status.nominatedNodeName': (object) => podOf(object).status?.nominatedNodeName ?? '',
  },
  setDefaults: (object) => setPodDefaults(podOf(object)),
  firstStatus: (object) => ({ phase: 'Pending', qosClass: qosClassOf(podOf(object).spec ?? { containers: [] }) }),
  /** Source: pkg/registry/core/pod/strategy.go, podStatusStrategy.PrepareForUpdate. */
  carryOverStatus: (object, current) => {
    const { ownerReferences } = current.metadata;
    if (ownerReferences) object.metadata.ownerReferences = structuredClone(ownerReferences);
    else delete object.metadata.ownerReferences;
    const qosClass = podOf(current).status?.qosClass;
    if (qosClass !== undefined) object.status = { qosClass, ...podOf(object).status };
  },
  validate: (object) => validatePodCreate(podOf(object)),
  validateUpdate: (object, current) => validatePodUpdate(podOf(object), podOf(current)),
  table: podTable,
  validateStatus: (object, current) => validatePodStatusUpdate(podOf(object), podOf(current)),
});
