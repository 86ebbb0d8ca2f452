import {
  type KubeObject,
  type Pod,
  type PodSpec,
  type PodTemplateSpec,
  podTemplateReader,
  type ResourceDefinition,
  type Stored,
} from '@everynode/objects';
import {
  type CheckedPod,
  checkedPod,
  describePolicy,
  describeViolations,
  type ExemptBy,
  exemptionOf,
  type LevelVersion,
  type Policy,
  policyOf,
  refuseViolation,
  violationsOf,
} from '@everynode/pod-admission';
import type { ApiContext } from '../api-context.js';
import type { Notes } from './notes.js';
import type { AdmissionPlugin, PluginFor } from './plugin.js';

function policyIn({ reflector }: ApiContext, namespace: string): Policy {
  return policyOf(reflector.cache('namespaces').get('', namespace)?.labels).policy;
}

/** What breaks a policy in the words of warnings and audit annotations; undefined where the policy allows the pod. */
function violationOf(policy: LevelVersion, pod: CheckedPod): string | undefined {
  const violations = violationsOf(policy, pod);
  return violations.length > 0 ? `would violate ${describeViolations(policy, violations)}` : undefined;
}

const warningsOf = (policy: LevelVersion, pod: CheckedPod): string[] => {
  const violation = violationOf(policy, pod);
  return violation === undefined ? [] : [violation];
};

/** Keys of audit annotations. Source: pod-security-admission/api/constants.go. */
const ENFORCE_POLICY = 'pod-security.kubernetes.io/enforce-policy';
const AUDIT_VIOLATIONS = 'pod-security.kubernetes.io/audit-violations';
const EXEMPT = 'pod-security.kubernetes.io/exempt';

const exemptIn = (
  { identity, podSecurityExemptions }: ApiContext,
  namespace: string,
  spec: PodSpec | undefined,
): ExemptBy | undefined =>
  exemptionOf({ namespace, user: identity?.user, runtimeClass: spec?.runtimeClassName }, podSecurityExemptions);

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

/** The audit log tells what was held against a pod that was let in. */
function noteAudit(notes: Notes | undefined, policy: LevelVersion, pod: () => CheckedPod): void {
  if (!notes || policy.level === 'privileged') return;
  const violation = violationOf(policy, pod());
  if (violation !== undefined) notes.annotate(AUDIT_VIOLATIONS, violation);
}

/**
 * Holds pods to the Pod Security Standards that the labels of their namespace name. The audit log gets the policy, what
 * breaks the one of the label `audit`, and what exempts a pod.
 * Source: pod-security-admission/admission/admission.go, ValidatePod.
 */
export const podSecurity: PluginFor<'pods'> = {
  resources: ['pods'],
  operations: ['create', 'update'],
  check({ context, subresource = '', object, before }) {
    if (HARMLESS.has(subresource)) return;
    const { metadata, spec = { containers: [] } } = object;
    const { enforce, audit } = policyIn(context, metadata.namespace);
    const { notes } = context;
    if (!isSignificant(object, before)) return;
    const exempt = exemptIn(context, metadata.namespace, spec);
    if (exempt !== undefined) {
      notes?.annotate(EXEMPT, exempt);
      return;
    }
    notes?.annotate(ENFORCE_POLICY, describePolicy(enforce));
    noteAudit(notes, audit, () => checkedPod(metadata.annotations, spec));
    if (enforce.level !== 'privileged') refuseViolation({ metadata, spec }, enforce);
  },
  warnings({ context, subresource, after, before }) {
    if (HARMLESS.has(subresource)) return [];
    const { metadata, spec } = after();
    const { warn } = policyIn(context, metadata.namespace);
    if (warn.level === 'privileged' || exemptIn(context, metadata.namespace, spec) !== undefined) return [];
    return isSignificant(after(), before()) ? warningsOf(warn, checkedPod(metadata.annotations, spec)) : [];
  },
};

const readers = new Map<string, ReturnType<typeof podTemplateReader>>();

function templateOf({ schema }: ResourceDefinition, object: KubeObject): PodTemplateSpec | undefined {
  if (!readers.has(schema)) readers.set(schema, podTemplateReader(schema));
  return readers.get(schema)?.(object);
}

/**
 * Warns of a template whose pods a policy would not allow. It is the pods that are refused.
 * Source: pod-security-admission/admission/admission.go, ValidatePodController.
 */
export const podTemplateSecurity: AdmissionPlugin = {
  operations: ['create', 'update'],
  check({ context, subresource = '', definition, object }) {
    const template = subresource === '' ? templateOf(definition, object) : undefined;
    const { namespace } = object.metadata;
    if (!template || namespace === undefined) return;
    const { audit } = policyIn(context, namespace);
    const exempt = exemptIn(context, namespace, template.spec);
    if (exempt === undefined)
      noteAudit(context.notes, audit, () => checkedPod(template.metadata?.annotations, template.spec));
    else context.notes?.annotate(EXEMPT, exempt);
  },
  warnings({ context, subresource, definition, sent, after }) {
    if (subresource !== '' || !templateOf(definition, sent)) return [];
    const object = after();
    const { namespace } = object.metadata;
    const template = templateOf(definition, object);
    if (!template || namespace === undefined) return [];
    const { warn } = policyIn(context, namespace);
    if (exemptIn(context, namespace, template.spec) !== undefined) return [];
    return warningsOf(warn, checkedPod(template.metadata?.annotations, template.spec));
  },
};
