import { type ClusterView, type PeerPod, peerOf } from '@everynode/daemonset';
import type { SchedulerContext } from '../scheduler-context.js';

/** The cluster as the caches show it, for pods of a namespace. */
export function clusterView(
  { reflector, capacity }: Pick<SchedulerContext, 'reflector' | 'capacity'>,
  namespace: string,
): ClusterView {
  const namespaces = reflector.cache('namespaces');
  return {
    nodes: (among = () => true) =>
      Array.from(reflector.cache('nodes').list())
        .filter(({ object }) => among(object))
        .map(({ record, object: node }) => ({ node, peers: capacity.podsOn(record.name).map(peerOf) })),
    repelling: () => repelling(reflector),
    labelsOf: (name) => {
      const found = namespaces.get('', name);
      return found && (found.metadata.labels ?? {});
    },
    claimOf: (name) => {
      const claim = reflector.cache('persistentvolumeclaims').get(namespace, name);
      return claim && { isDeleting: claim.metadata.deletionTimestamp != null };
    },
  };
}

function* repelling(reflector: SchedulerContext['reflector']): Iterable<PeerPod> {
  for (const { record, object } of reflector.cache('pods').find('withAntiAffinity', '')) {
    if (record.placement !== null) yield peerOf(object);
  }
}
