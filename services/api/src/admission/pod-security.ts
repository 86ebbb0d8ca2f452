import { invalid, type Pod, type Stored } from '@everynode/objects';
import {
  type CheckedPod,
  checkedPod,
  compareLevels,
  describePolicy,
  describeViolations,
  type LevelVersion,
  type Mode,
  type Policy,
  policyOf,
  refuseViolation,
  violationsOf,
} from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import type { PluginFor } from './plugin.js';

function policyIn({ reflector }: ApiContext, namespace: string): Policy {
  return policyOf(reflector.cache('namespaces').get('', namespace)?.metadata.labels).policy;
}

/** What `would violate`, for a Warning header: none where the policy allows the pod. */
function warningsOf(policy: Policy, mode: Mode, pod: CheckedPod): string[] {
  const violations = violationsOf(policy[mode], pod);
  return violations.length > 0 ? [`would violate ${describeViolations(policy[mode], violations)}`] : [];
}

/** Writes of these do not change what a pod may do. */
const HARMLESS: ReadonlySet<string> = new Set(['status', 'binding', 'eviction']);

/** An update of a pod counts where it changes an image, a container or a profile. */
function isSignificant(pod: Stored<Pod>, before: Stored<Pod> | undefined): boolean {
  if (!before) return true;
  const facts = ({ metadata, spec }: Stored<Pod>) => {
    const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
    const seccomp = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
      key.includes('seccomp.security.alpha'),
    );
    const images = [initContainers, containers, ephemeralContainers].map((list) =>
      list.map(({ name, image }) => [name, image]),
    );
    return JSON.stringify([images, seccomp.toSorted()]);
  };
  return facts(pod) !== facts(before);
}

/**
 * Holds pods to the Pod Security Standards that the labels of their namespace name.
 * Source: pod-security-admission/admission/admission.go, ValidatePod.
 */
export const podSecurity: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],
  check({ context, subresource = '', object, before }) {
    if (HARMLESS.has(subresource)) return;
    const { metadata, spec = { containers: [] } } = object;
    const { enforce } = policyIn(context, metadata.namespace);
    // Most namespaces ask for nothing, and then there is nothing to compare.
    if (enforce.level === 'privileged' || !isSignificant(object, before)) return;
    refuseViolation({ metadata, spec }, enforce);
  },
  warnings(write) {
    if (HARMLESS.has(write.subresource)) return [];
    const pod = write.after();
    const policy = policyIn(write.context, pod.metadata.namespace);
    if (policy.warn.level === 'privileged' || !isSignificant(pod, write.before())) return [];
    return warningsOf(policy, 'warn', checkedPod(pod.metadata.annotations, pod.spec));
  },
};

/**
 * Warns of a template whose pods a policy would not allow. It is the pods that are refused.
 * Source: pod-security-admission/admission/admission.go, ValidatePodController.
 */
export const podTemplateSecurity: PluginFor<'daemonsets.apps'> = {
  resources: ['daemonsets.apps'],
  operations: ['create', 'update'],
  warnings({ context, subresource, after }) {
    if (subresource !== '') return [];
    const { metadata, spec } = after();
    const policy = policyIn(context, metadata.namespace);
    return warningsOf(policy, 'warn', checkedPod(spec?.template.metadata?.annotations, spec?.template.spec));
  },
};

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
    return warningsOfPods(context, namespace.metadata.name, enforce);
  },
};

/** One text for all pods that break the same rules. */
function warningsOfPods({ reflector }: ApiContext, namespace: string, enforce: LevelVersion): string[] {
  if (enforce.level === 'privileged') return [];
  const pods = [...reflector.cache('pods').list(namespace)];
  const names = new Map<string, string[]>();
  for (const { object } of pods.slice(0, MOST_PODS)) {
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
