import { Workqueue } from '@everynode/list-watch';
import { isSystemPriorityClass } from '@everynode/objects';
import type { ApiContext } from './api-context.js';
import { ensureClusterObjects, SYSTEM_NAMESPACES } from './cluster-objects.js';

const KEY = 'cluster-objects';
/** In ms. */
const RETRY = { firstMs: 1000, maxMs: 1000 };

/**
 * Makes again what every cluster has, when it was deleted: `kubectl delete namespace kube-node-lease` is allowed, as
 * upstream. Source: pkg/controlplane/controller/systemnamespaces, kubernetesservice. Returns a function that stops.
 */
export function keepClusterObjects(context: ApiContext, publicUrl: string): () => Promise<void> {
  const queue = new Workqueue({
    workers: 1,
    reconcile: async () => {
      await ensureClusterObjects(context, publicUrl);
      return undefined;
    },
    onError: (_key, err) => context.log.warn({ err }, 'the objects of the cluster cannot be made again'),
    backoff: () => RETRY,
  });
  context.reflector.addListener({
    onChanges: (changes) => {
      const isGone = changes.some(
        ({ type, current: { record } }) =>
          type === 'DELETED' && isStanding(record.resource, record.namespace, record.name),
      );
      if (isGone) queue.add(KEY);
    },
  });
  return () => queue.close();
}

/** The service of the API, and where it leads. */
const API_SERVICE = new Set(['services', 'endpoints', 'endpointslices.discovery.k8s.io']);

function isStanding(resource: string, namespace: string, name: string): boolean {
  if (resource === 'namespaces') return SYSTEM_NAMESPACES.includes(name);
  if (resource === 'servicecidrs.networking.k8s.io') return name === 'kubernetes';
  if (API_SERVICE.has(resource)) return namespace === 'default' && name === 'kubernetes';
  return resource === 'priorityclasses.scheduling.k8s.io' && isSystemPriorityClass(name);
}
