import { generatedName, priorityClassIn, systemPriorityOf } from '@everynode/objects';
import { type AdmissionFacts, NO_EXEMPTIONS } from '@everynode/pod-admission';
import type { Surroundings } from './virtual-cluster.js';

/** What admission knows of a namespace in a simulation: every account and RuntimeClass is there. */
export function admissionFacts(
  { namespaces, priorityClasses }: Surroundings,
  namespace: string,
  random: () => number,
): AdmissionFacts {
  const classes = {
    get: (_namespace: string, name: string) => {
      const system = systemPriorityOf(name);
      if (system !== undefined) return { object: { metadata: { name }, value: system } };
      const found = priorityClasses.find(({ metadata }) => metadata.name === name);
      return found && { object: found };
    },
    list: () => priorityClasses.map((object) => ({ object })),
  };
  return {
    exemptions: NO_EXEMPTIONS,
    namespaceLabels: namespaces.get(namespace)?.metadata.labels,
    limitRanges: [],
    findAccount: (name) => ({ metadata: { name, namespace } }),
    findPriorityClass: (name) => priorityClassIn(classes, name),
    findRuntimeClass: () => ({}),
    suffix: () => generatedName('', random),
  };
}
