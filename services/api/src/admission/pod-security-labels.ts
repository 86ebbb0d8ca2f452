import { invalid } from '@everynode/objects';
import {
  checkedPod,
  compareLevels,
  describePolicy,
  type LevelVersion,
  policyOf,
  violationsOf,
} from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import type { PluginFor } from './plugin.js';

/** More pods of a namespace are not looked at when its policy changes. */
const MOST_PODS = 3000;

/**
 * Labels that name a policy must be readable. A stricter policy warns of the pods that it would not allow: they stay.
 * Source: pod-security-admission/admission/admission.go, ValidateNamespace, EvaluatePodsInNamespace.
 */
export const podSecurityLabels: PluginFor<'namespaces'> = {
  resources: ['namespaces'],
  operations: ['create', 'update'],
  check({ object, before, subresource = '' }) {
    if (subresource !== '') return;
    const { errors } = policyOf(object.metadata.labels);
    const known = new Set(
      before ? policyOf(before.metadata.labels).errors.map(({ field, value }) => `${field}=${value}`) : [],
    );
    if (errors.every(({ field, value }) => known.has(`${field}=${value}`))) return;
    throw invalid({ group: '', kind: 'Namespace', name: object.metadata.name }, errors);
  },
  warnings({ context, subresource, before, after }) {
    const old = before();
    if (subresource !== '' || !old) return [];
    const namespace = after();
    const { enforce } = policyOf(namespace.metadata.labels).policy;
    const { enforce: weaker } = policyOf(old.metadata.labels).policy;
    if (enforce.version === weaker.version && compareLevels(enforce.level, weaker.level) <= 0) return [];
    const { name } = namespace.metadata;
    return context.podSecurityExemptions.namespaces.includes(name) ? [] : warningsOfPods(context, name, enforce);
  },
};

/** One text for all pods that break the same rules. */
function warningsOfPods(
  { reflector, podSecurityExemptions: { runtimeClasses } }: ApiContext,
  namespace: string,
  enforce: LevelVersion,
): string[] {
  if (enforce.level === 'privileged') return [];
  const pods = [...reflector.cache('pods').list(namespace)];
  const names = new Map<string, string[]>();
  for (const { object } of pods.slice(0, MOST_PODS)) {
    if (runtimeClasses.includes(object.spec?.runtimeClassName ?? '')) continue;
    const violations = violationsOf(enforce, checkedPod(object.metadata.annotations, object.spec));
    if (violations.length === 0) continue;
    const text = violations.map(({ reason }) => reason).join(', ');
    names.set(text, [...(names.get(text) ?? []), object.metadata.name]);
  }
  const limit = `new PodSecurity enforce level only checked against the first ${MOST_PODS} of ${pods.length} existing pods`;
  const head = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${describePolicy(enforce)}"`;
  return [
    ...(pods.length > MOST_PODS ? [limit] : []),
    ...(names.size > 0 ? [head] : []),
    ...[...names].map(([text, list]) => `${list.toSorted()[0]}${others(list.length - 1)}: ${text}`).toSorted(),
  ];
}

const others = (count: number): string =>
  count === 0 ? '' : count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`;
