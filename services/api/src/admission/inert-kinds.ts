import type { ResourceName } from '@everynode/objects';
import type { AdmissionPlugin } from './plugin.js';

/** Stored and served as upstream, but no controller here makes pods, volumes, routes or numbers of them. */
const INERT: readonly ResourceName[] = [
  'horizontalpodautoscalers.autoscaling',
  'ingresses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'persistentvolumeclaims',
  'persistentvolumes',
  'resourceclaims.resource.k8s.io',
  'resourceclaimtemplates.resource.k8s.io',
  'volumeattachments.storage.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  'apiservices.apiregistration.k8s.io',
];

/** Who creates an object that nothing will act on is told so. `EVERYNODE_WARN_INERT_KINDS=false` turns it off. */
export const inertKinds: AdmissionPlugin = {
  resources: INERT,
  operations: ['create'],
  warnings({ context, definition }) {
    if (!context.warnsOfInertKinds) return [];
    return [
      `Everynode stores the ${definition.kind}, and nothing acts on it: see "Kinds that nothing acts on" in docs/api.md`,
    ];
  },
};
