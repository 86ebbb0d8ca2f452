import { generatedName, priorityClassIn, type StoredKinds } from '@everynode/objects';
import type { AdmissionFacts } from './admit-pod.js';
import type { PodSecurityExemptions } from './pod-security/exemptions.js';

/** What admission reads of the caches that the api and the scheduler have. */
type Read =
  | 'limitranges'
  | 'namespaces'
  | 'priorityclasses.scheduling.k8s.io'
  | 'runtimeclasses.node.k8s.io'
  | 'serviceaccounts';

interface ReadCache<T> {
  get(namespace: string, name: string): { object: T } | undefined;
  list(namespace?: string): Iterable<{ object: T }>;
}

interface ReadCaches {
  cache<K extends Read>(resource: K): ReadCache<StoredKinds[K]>;
}

/** Returns what admission knows of the pods of a namespace, as the caches have it. */
export function admissionFactsOf(
  caches: ReadCaches,
  namespace: string,
  exemptions: PodSecurityExemptions,
): AdmissionFacts {
  const classes = caches.cache('priorityclasses.scheduling.k8s.io');
  const accounts = caches.cache('serviceaccounts');
  return {
    exemptions,
    namespaceLabels: caches.cache('namespaces').get('', namespace)?.object.metadata.labels,
    limitRanges: [...caches.cache('limitranges').list(namespace)].map(({ object }) => object),
    findAccount: (name) => accounts.get(namespace, name)?.object,
    findPriorityClass: (name) => priorityClassIn(classes, name),
    findRuntimeClass: (name) => caches.cache('runtimeclasses.node.k8s.io').get('', name)?.object,
    suffix: () => generatedName(''),
  };
}
