import type {
  Affinity,
  Container,
  Pod,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from '../kinds/api-types.js';
import { dnsLabelMessages } from '../validation/names.js';
import { addressWarnings } from './address-warnings.js';
import { containerWarnings, type Placed, portWarnings } from './container-warnings.js';
import { deprecatedLabel, nodeTermWarnings } from './deprecated-labels.js';
import { fractionWarnings } from './fraction-warnings.js';
import { volumeWarnings } from './volume-warnings.js';

type Annotations = Readonly<Record<string, string>>;

const SECCOMP_OF_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR_OF_CONTAINER = 'container.apparmor.security.beta.kubernetes.io/';

const DEPRECATED_ANNOTATIONS: readonly [key: string, message: string][] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

const NO_POD = 'a null labelSelector results in matching no pod';

/** The warnings of a new pod. Source: pkg/registry/core/pod/strategy.go, WarningsOnCreate. */
export function podWarnings({ metadata, spec }: Pod): string[] {
  const messages = dnsLabelMessages(metadata?.name ?? '');
  const name =
    "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
  return [
    ...(messages.length > 0 ? [`metadata.name: ${name}: [${messages.join(' ')}]`] : []),
    ...(spec ? specWarnings(spec, metadata?.annotations ?? {}, '') : []),
  ];
}

/** The warnings of a pod template at a path. Source: pkg/api/pod/warnings.go, GetWarningsForPodTemplate. */
export function podTemplateWarnings({ metadata, spec }: PodTemplateSpec, field: string): string[] {
  return spec ? specWarnings(spec, metadata?.annotations ?? {}, `${field}.`) : [];
}

/** Source: pkg/api/pod/warnings.go, warningsForPodSpecAndMeta. `prefix` is empty for a pod. */
function specWarnings(spec: PodSpec, annotations: Annotations, prefix: string): string[] {
  const field = `${prefix}spec`;
  const placed = placedContainers(spec, field);
  const { affinity, terminationGracePeriodSeconds: grace } = spec;
  return [
    ...placementWarnings(spec, field),
    ...DEPRECATED_ANNOTATIONS.flatMap(([key, message]) =>
      Object.hasOwn(annotations, key) ? [`${prefix}metadata.annotations[${key}]: ${message}`] : [],
    ),
    ...(spec.volumes ? volumeWarnings(spec.volumes, `${field}.volumes`) : []),
    ...referenceWarnings(spec, field),
    ...fractionWarnings(spec.overhead, ['memory', 'ephemeral-storage'], `${field}.overhead`),
    ...annotationWarnings(spec, annotations, prefix),
    ...placed.flatMap((each) => [
      ...containerAnnotationWarnings(each[0], spec, annotations, prefix),
      ...containerWarnings(each),
    ]),
    ...portWarnings(placed),
    ...(grace !== undefined && grace < 0
      ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...(affinity ? podAffinityWarnings(affinity, `${field}.affinity`) : []),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((server, at) =>
      addressWarnings(server, `${field}.dnsConfig.nameservers[${at}]`),
    ),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, at) => addressWarnings(ip ?? '', `${field}.hostAliases[${at}].ip`)),
  ];
}

function placedContainers(spec: PodSpec, field: string): Placed[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, at): Placed => [container, `${field}.${list}[${at}]`]),
  );
}

/** Labels of nodes that are deprecated, and terms that select nothing. */
function placementWarnings({ nodeSelector, affinity, topologySpreadConstraints }: PodSpec, field: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(nodeSelector ?? {})) {
    const message = deprecatedLabel(key);
    if (message !== undefined) warnings.push(`${field}.nodeSelector[${key}]: ${message}`);
  }
  const { requiredDuringSchedulingIgnoredDuringExecution: needed, preferredDuringSchedulingIgnoredDuringExecution } =
    affinity?.nodeAffinity ?? {};
  const path = `${field}.affinity.nodeAffinity`;
  for (const [at, term] of (needed?.nodeSelectorTerms ?? []).entries()) {
    const where = `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${at}]`;
    warnings.push(...nodeTermWarnings(term, false, where));
  }
  for (const [at, { preference }] of (preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const where = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${at}].preference`;
    warnings.push(...nodeTermWarnings(preference, true, where));
  }
  return [...warnings, ...spreadWarnings(topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`)];
}

function spreadWarnings(constraints: readonly TopologySpreadConstraint[], field: string): string[] {
  return constraints.flatMap(({ topologyKey, labelSelector }, at) => {
    const message = deprecatedLabel(topologyKey);
    return [
      ...(message === undefined ? [] : [`${field}[${at}].topologyKey: ${topologyKey} is ${message}`]),
      ...(labelSelector ? [] : [`${field}[${at}].labelSelector: ${NO_POD}`]),
    ];
  });
}

/** Host aliases and pull secrets that come twice, or have no name. */
function referenceWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, field: string): string[] {
  const doubles = (values: readonly string[], message: (value: string, at: number) => string): string[] =>
    values.flatMap((value, at) => (values.indexOf(value) < at ? [message(value, at)] : []));
  const names = imagePullSecrets.map(({ name }) => name ?? '');
  return [
    ...doubles(
      hostAliases.map(({ ip }) => ip ?? ''),
      (ip, at) => `${field}.hostAliases[${at}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...doubles(names, (name, at) => `${field}.imagePullSecrets[${at}].name: duplicate name ${JSON.stringify(name)}`),
    ...names.flatMap((name, at) =>
      name === '' ? [`${field}.imagePullSecrets[${at}].name: invalid empty name ""`] : [],
    ),
  ];
}

const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';

function annotationWarnings({ securityContext }: PodSpec, annotations: Annotations, prefix: string): string[] {
  if (securityContext?.seccompProfile || !Object.hasOwn(annotations, SECCOMP_OF_POD)) return [];
  return [`${prefix}metadata.annotations[${SECCOMP_OF_POD}]: ${SECCOMP}`];
}

/** Profiles that old annotations name, and no field. Those of AppArmor still take effect in a pod. */
function containerAnnotationWarnings(
  { name, securityContext }: Container,
  { securityContext: ofPod }: PodSpec,
  annotations: Annotations,
  prefix: string,
): string[] {
  const warnings: string[] = [];
  const seccomp = SECCOMP_OF_CONTAINER + name;
  if (!securityContext?.seccompProfile && Object.hasOwn(annotations, seccomp)) {
    warnings.push(`${prefix}metadata.annotations[${seccomp}]: ${SECCOMP}`);
  }
  const appArmor = APPARMOR_OF_CONTAINER + name;
  const hasField = ofPod?.appArmorProfile ?? securityContext?.appArmorProfile;
  if (prefix !== '' && !hasField && Object.hasOwn(annotations, appArmor)) {
    const message = 'deprecated since v1.30; use the "appArmorProfile" field instead';
    warnings.push(`${prefix}metadata.annotations[${appArmor}]: ${message}`);
  }
  return warnings;
}

interface PodTerms {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

function podAffinityWarnings({ podAffinity, podAntiAffinity }: Affinity, field: string): string[] {
  const without = (terms: PodTerms | undefined, path: string): string[] => [
    ...(terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, at) =>
      labelSelector ? [] : [`${path}.requiredDuringSchedulingIgnoredDuringExecution[${at}].labelSelector: ${NO_POD}`],
    ),
    ...(terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, at) =>
      podAffinityTerm?.labelSelector
        ? []
        : [`${path}.preferredDuringSchedulingIgnoredDuringExecution[${at}].podAffinityTerm.labelSelector: ${NO_POD}`],
    ),
  ];
  return [...without(podAffinity, `${field}.podAffinity`), ...without(podAntiAffinity, `${field}.podAntiAffinity`)];
}
