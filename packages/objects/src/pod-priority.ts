import { forbiddenTo } from './api-error.js';
import type { PodSpec } from './kinds/api-types.js';

/** What a PriorityClass says, of what a pod takes from it. */
export interface PriorityFacts {
  metadata?: { name?: string };
  value?: number;
  preemptionPolicy?: string;
  globalDefault?: boolean;
}

/** Of the classes for pods that name none the one of the lowest value; undefined where there is none. */
function globalDefaultClass<T extends PriorityFacts>(classes: Iterable<T>): T | undefined {
  let found: T | undefined;
  for (const one of classes) {
    if (one.globalDefault && (!found || (one.value ?? 0) < (found.value ?? 0))) found = one;
  }
  return found;
}

/** As much of a cache of classes as is needed here. */
interface Classes {
  get(namespace: string, name: string): { object: PriorityFacts } | undefined;
  list(): Iterable<{ object: PriorityFacts }>;
}

/** The class of a name, or the one for pods that name none. */
export function priorityClassIn(classes: Classes, name: string | undefined): PriorityFacts | undefined {
  if (name !== undefined) return classes.get('', name)?.object;
  return globalDefaultClass([...classes.list()].map(({ object }) => object));
}

/**
 * Gives a pod the priority of its class, or of the one for all; without either it has priority 0. `find` is asked for no name where
 * the pod gives none. Source: plugin/pkg/admission/priority.
 * @throws ApiError Forbidden for a class that is not there, and for a priority that is not the class's.
 */
export function resolvePriority(
  pod: string,
  spec: PodSpec,
  find: (className: string | undefined) => PriorityFacts | undefined,
): PodSpec {
  const refuse = (why: string) => forbiddenTo({ group: '', plural: 'pods', name: pod }, why);
  const asked = spec.priorityClassName || undefined;
  const found = find(asked);
  if (asked && !found) throw refuse(`no PriorityClass with name ${asked} was found`);
  const priority = found?.value ?? 0;
  const preemptionPolicy = found?.preemptionPolicy ?? DEFAULT_POLICY;
  const instead = 'must not be provided in pod spec; priority admission controller computed';
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refuse(
      `the integer value of priority (${spec.priority}) ${instead} ${priority} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) ${instead} ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  const name = asked ?? found?.metadata?.name;
  return { ...spec, ...(name && { priorityClassName: name }), priority, preemptionPolicy };
}

const DEFAULT_POLICY = 'PreemptLowerPriority';
