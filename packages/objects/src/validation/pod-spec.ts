import { isIP } from 'node:net';
import type { FieldError } from '../field-error.js';
import type { PodSpec, PodTemplateSpec, TopologySpreadConstraint } from '../kinds/api-types.js';
import { validateAffinity } from './affinity.js';
import { validateContainers } from './container.js';
import {
  duplicate,
  forbidden,
  invalidFor,
  invalidValue,
  NOT_POSITIVE,
  notSupported,
  oneOf,
  required,
  withinRange,
} from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dnsLabelMessages, dnsSubdomainMessages, IP_MESSAGE, qualifiedNameMessages } from './names.js';
import { validateAnnotations, validateLabels } from './object-meta.js';
import { validateGates, validatePodOs, validatePodSecurity } from './pod-security.js';
import { validateResources } from './resource-requirements.js';
import { validateTolerations } from './toleration.js';
import { validateVolumes } from './volume.js';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const MAX_INT32 = 2 ** 31 - 1;

/** Names in a spec, each with its rule. */
const NAMES = [
  ['serviceAccountName', dnsSubdomainMessages],
  ['nodeName', dnsSubdomainMessages],
  ['priorityClassName', dnsSubdomainMessages],
  ['runtimeClassName', dnsSubdomainMessages],
  ['hostname', dnsLabelMessages],
  ['subdomain', dnsLabelMessages],
] as const;

/** On the host's network a container port equals the host port, when one is named. */
function validateHostNetwork(spec: PodSpec, field: string): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ containerPort, hostPort }, at) =>
      !hostPort || hostPort === containerPort
        ? []
        : [
            invalidValue(
              `${field}.containers[${index}].ports[${at}].containerPort`,
              containerPort,
              'must match `hostPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): FieldError[] {
  const errors = oneOf(`${field}.dnsPolicy`, dnsPolicy, DNS_POLICIES);
  const servers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === 'None' && !dnsConfig) {
    errors.push(required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  } else if (dnsPolicy === 'None' && servers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(required(`${field}.dnsConfig.nameservers`, detail));
  }
  for (const [index, server] of servers.entries()) {
    if (isIP(server) !== 0) continue;
    errors.push(invalidValue(`${field}.dnsConfig.nameservers[${index}]`, server, IP_MESSAGE));
  }
  return errors;
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION = ['Honor', 'Ignore'];

/** pkg/apis/core/validation validateTopologySpreadConstraints. */
function validateSpread(constraints: readonly TopologySpreadConstraint[], field: string): FieldError[] {
  return constraints.flatMap((constraint, index) => {
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector, minDomains } = constraint;
    const path = `${field}[${index}]`;
    const repeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    const inclusion = (['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const).flatMap((name) =>
      constraint[name] === undefined || INCLUSION.includes(constraint[name])
        ? []
        : [notSupported(`${path}.${name}`, constraint[name], INCLUSION)],
    );
    return [
      ...(maxSkew > 0 ? [] : [invalidValue(`${path}.maxSkew`, maxSkew, NOT_POSITIVE)]),
      ...(topologyKey
        ? invalidFor(`${path}.topologyKey`, topologyKey, qualifiedNameMessages(topologyKey))
        : [required(`${path}.topologyKey`, 'can not be empty')]),
      ...(UNSATISFIABLE.includes(whenUnsatisfiable)
        ? []
        : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, UNSATISFIABLE)]),
      ...(repeated
        ? [duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)]
        : []),
      ...validateMinDomains(minDomains, whenUnsatisfiable, `${path}.minDomains`),
      ...inclusion,
      ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ];
  });
}

function validateMinDomains(minDomains: number | undefined, action: string, field: string): FieldError[] {
  if (minDomains === undefined) return [];
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
  return [
    ...(minDomains > 0 ? [] : [invalidValue(field, minDomains, NOT_POSITIVE)]),
    ...(action === 'DoNotSchedule' ? [] : [invalidValue(field, minDomains, detail)]),
  ];
}

/**
 * The spec of a pod or of a template after defaulting: a large subset of pkg/apis/core/validation ValidatePodSpec. Left
 * out are details of Windows, dynamic resource claims, and volume types that no daemon can mount here.
 */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  const errors = [
    ...validateVolumes(spec.volumes ?? [], `${field}.volumes`),
    ...validateContainers(spec, field),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES),
    ...validateDns(spec, field),
    ...validateHostNetwork(spec, field),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurity(spec, field),
    ...validatePodOs(spec, field),
    ...validateGates(spec.schedulingGates ?? [], `${field}.schedulingGates`, qualifiedNameMessages),
    ...(spec.overhead ? validateResources({ limits: spec.overhead }, `${field}.overhead`) : []),
    ...(spec.affinity ? validateAffinity(spec.affinity, `${field}.affinity`) : []),
    ...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`),
    ...validateSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`),
    ...withinRange(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, MAX_INT32),
  ];
  for (const [name, rule] of NAMES) {
    const value = spec[name];
    if (value) errors.push(...invalidFor(`${field}.${name}`, value, rule(value)));
  }
  const { preemptionPolicy } = spec;
  if (preemptionPolicy !== undefined) {
    errors.push(...oneOf(`${field}.preemptionPolicy`, preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  }
  for (const [index, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!name) errors.push(required(`${field}.imagePullSecrets[${index}].name`));
  }
  for (const [index, { ip }] of (spec.hostAliases ?? []).entries()) {
    if (isIP(ip ?? '') === 0) errors.push(invalidValue(`${field}.hostAliases[${index}].ip`, ip ?? '', IP_MESSAGE));
  }
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const path = `${field}.readinessGates[${index}].conditionType`;
    errors.push(...invalidFor(path, conditionType, qualifiedNameMessages(conditionType)));
  }
  return errors;
}

/** Upstream reports a template's labels and annotations right under the template, without `metadata`. */
export function validatePodTemplate(template: PodTemplateSpec, field: string): FieldError[] {
  const spec = template.spec ?? { containers: [] };
  const errors = [
    ...validateLabels(template.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`),
  ];
  if (spec.ephemeralContainers?.length) {
    const detail = 'ephemeral containers not allowed in pod template';
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, detail));
  }
  return errors;
}
