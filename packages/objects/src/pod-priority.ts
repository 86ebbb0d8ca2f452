import { forbiddenTo } from './api-error.js';
import type { PodSpec } from './kinds/api-types.js';

/** The fields of a PriorityClass that a pod's priority depends on. */
export interface PriorityFacts {
  metadata?: { name?: string };
  value?: number;
  preemptionPolicy?: string;
  globalDefault?: boolean;
}

/** The classes that every cluster has, with their values. Source: pkg/apis/scheduling/v1/helpers.go. */
const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** The value of a system class; undefined for another name. */
export const systemPriorityOf = (name: string): number | undefined => SYSTEM_PRIORITIES.get(name);

export const isSystemPriorityClass = (name: string): boolean => SYSTEM_PRIORITIES.has(name);

/**
 * The class with the lowest value among those that are the default for pods without a class; undefined when there is
 * none.
 */
function globalDefaultClass<T extends PriorityFacts>(classes: Iterable<T>): T | undefined {
  let found: T | undefined;
  for (const one of classes) {
    if (one.globalDefault && (!found || (one.value ?? 0) < (found.value ?? 0))) found = one;
  }
  return found;
}

/** The part of a cache of PriorityClasses that is needed here. */
interface Classes {
  get(namespace: string, name: string): { object: PriorityFacts } | undefined;
  list(): Iterable<{ object: PriorityFacts }>;
}

/** The class of this name, or the default class for pods without a name. */
export function priorityClassIn(classes: Classes, name: string | undefined): PriorityFacts | undefined {
  if (name !== undefined) return classes.get('', name)?.object;
  return globalDefaultClass([...classes.list()].map(({ object }) => object));
}

/**
 * Returns the pod's spec with the priority of its class, or of the default class, or else 0. `find` gets undefined when
 * the pod names no class. Source: plugin/pkg/admission/priority.
 * @throws ApiError Forbidden for a class that does not exist, and for a priority that is not that of the class.
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
