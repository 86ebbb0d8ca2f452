import { qosClassOf, setPodDefaults } from '../defaults/index.js';
import { selectByLabelKeys } from '../defaults/match-label-keys.js';
import { podDeletionRules } from '../deletion/pod-deletion.js';
import type { Pod } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { withPodScheduled } from '../pod-conditions.js';
import type { SubresourceAction, SubresourceDefinition, Verb } from '../resource.js';
import { podTable } from '../table/index.js';
import { validatePod, validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from '../validation/index.js';

import { podWarnings } from '../warnings/pod-warnings.js';
import { ALL_VERBS, defineResource, statusSubresource } from './define-resource.js';
import { ephemeralContainers, resize } from './pod-parts.js';

/** Source: pkg/registry/core/pod/strategy.go, applySchedulingGatedCondition. */
const GATED = {
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

/** A way into the containers of a pod. */
const stream = (name: string, kind: string, verbs: Verb[], action: SubresourceAction): SubresourceDefinition => ({
  name,
  kind: { group: '', version: 'v1', kind },
  verbs,
  action,
  isStream: true,
});

export const pods = defineResource<Stored<Pod>>({
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
    { name: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'], action: 'bind-pod' },
    {
      name: 'eviction',
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
      action: 'evict-pod',
    },
    stream('attach', 'PodAttachOptions', ['create', 'get'], 'run-command'),
    stream('exec', 'PodExecOptions', ['create', 'get'], 'run-command'),
    stream('log', 'Pod', ['get'], 'read-log'),
    stream('portforward', 'PodPortForwardOptions', ['create', 'get'], 'forward-ports'),
    statusSubresource,
  ],
  hasGeneration: true,
  deletion: podDeletionRules,
  placementOf: ({ spec }) => spec?.nodeName ?? null,
  placementField: 'spec.nodeName',
  statusWriter: 'kubelet',
  resetByStatus: ['metadata.deletionTimestamp', 'metadata.ownerReferences'],
  fields: {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec?.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    // Upstream also accepts spec.host, the old name of spec.nodeName, and status.podIPs, which is empty for every pod.
    'spec.host': (object) => object.spec?.nodeName ?? '',
    'status.podIPs': () => '',
    'status.podIP': (object) => object.status?.podIPs?.[0]?.ip ?? object.status?.podIP ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
  setDefaults: (object) => setPodDefaults(object),
  prepareNew: (object) => selectByLabelKeys(object),
  firstStatus: ({ metadata, spec }) => ({
    phase: 'Pending',
    ...(spec?.schedulingGates?.length && { conditions: withPodScheduled([], GATED, metadata.creationTimestamp) }),
    qosClass: qosClassOf(spec ?? { containers: [] }),
  }),
  /** Source: pkg/registry/core/pod/strategy.go, podStatusStrategy.PrepareForUpdate. */
  carryOverStatus: (object, current) => {
    const { ownerReferences } = current.metadata;
    if (ownerReferences) object.metadata.ownerReferences = structuredClone(ownerReferences);
    else delete object.metadata.ownerReferences;
    const qosClass = current.status?.qosClass;
    if (qosClass !== undefined) object.status = { qosClass, ...object.status };
  },
  validate: (object) => validatePod(object),
  validateNew: (object) => validatePodCreate(object),
  ownMetadata: 'whole',
  validateUpdate: (object, current) => validatePodUpdate(object, current),
  // As upstream, an update of a pod is not warned of: it is seldom by hand, and often.
  warnings: (object, before) => (before ? [] : podWarnings(object)),
  table: podTable,
  validateStatus: (object, current) => validatePodStatusUpdate(object, current),
});
