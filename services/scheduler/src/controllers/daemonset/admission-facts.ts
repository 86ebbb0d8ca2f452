import type { Reflector } from '@everynode/list-watch';
import { generatedName, priorityClassIn } from '@everynode/objects';
import type { AdmissionFacts } from '@everynode/pod-admission';

/** Returns what admission knows of the pods of a namespace, as the caches have it. */
export function admissionFactsOf(reflector: Pick<Reflector, 'cache'>, namespace: string): AdmissionFacts {
  const classes = reflector.cache('priorityclasses.scheduling.k8s.io');
  const accounts = reflector.cache('serviceaccounts');
  return {
    namespaceLabels: reflector.cache('namespaces').get('', namespace)?.metadata.labels,
    limitRanges: [...reflector.cache('limitranges').list(namespace)].map(({ object }) => object),
    findAccount: (name) => accounts.get(namespace, name)?.object,
    findPriorityClass: (name) => priorityClassIn(classes, name),
    suffix: () => generatedName(''),
  };
}
