import type { SELinuxOptions } from '@everynode/objects';
import {
  type Check,
  type CheckedPod,
  containersOf,
  containersThat,
  isWindows,
  quoted,
  settersOf,
  sorted,
  theContainers,
  type Violation,
} from '../check.js';

/** Of AppArmor and of seccomp. */
const isGoodProfile = (type: string): boolean => type === 'RuntimeDefault' || type === 'Localhost';

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

const isAllowedAnnotation = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/');

function violationOfAppArmor({ annotations, spec }: CheckedPod): Violation | undefined {
  const types = new Set<string>();
  const setters = settersOf(spec, ({ appArmorProfile: profile }) => {
    if (!profile || isGoodProfile(profile.type)) return false;
    types.add(profile.type);
    return true;
  });
  const bad = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR_ANNOTATION) && !isAllowedAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const all = [setters ?? [], bad.length > 0 ? annotationNoun(bad) : []].flat();
  if (all.length === 0) return undefined;
  const values = [...sorted(types), ...sorted(bad)];
  return {
    reason: values.length === 1 ? 'forbidden AppArmor profile' : 'forbidden AppArmor profiles',
    detail: `${all.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

const annotationNoun = (list: readonly string[]): string => (list.length === 1 ? 'annotation' : 'annotations');

/** Source: check_appArmorProfile.go. */
export const appArmorProfile: Check = { level: 'baseline', forms: [{ since: 0, violation: violationOfAppArmor }] };

const SELINUX_TYPES: ReadonlySet<string> = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t']);
/** Since version 1.31 also that of a user-namespaced engine. */
const SELINUX_TYPES_31: ReadonlySet<string> = new Set([...SELINUX_TYPES, 'container_engine_t']);

function violationOfSelinux({ spec }: CheckedPod, allowed: ReadonlySet<string>): Violation | undefined {
  const bad: SELinuxOptions[] = [];
  const setters = settersOf(spec, ({ seLinuxOptions: options }) => {
    if (!options || (allowed.has(options.type ?? '') && !options.user && !options.role)) return false;
    bad.push(options);
    return true;
  });
  if (!setters) return undefined;
  const types = sorted(bad.map(({ type = '' }) => type).filter((type) => !allowed.has(type)));
  const data = [
    ...(types.length > 0 ? [`${types.length === 1 ? 'type' : 'types'} ${quoted(types)}`] : []),
    ...(bad.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(bad.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${setters} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
  };
}

/** Source: check_seLinuxOptions.go. */
export const seLinuxOptions: Check = {
  level: 'baseline',
  forms: [
    { since: 0, violation: (pod) => violationOfSelinux(pod, SELINUX_TYPES) },
    { since: 31, violation: (pod) => violationOfSelinux(pod, SELINUX_TYPES_31) },
  ],
};

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Before seccomp had fields, annotations said it. */
function violationOfSeccompAnnotations({ annotations, spec }: CheckedPod): Violation | undefined {
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER + name)];
  const bad = keys.flatMap((key) => {
    const value = annotations[key];
    if (value === undefined || /^((runtime|docker)\/default$|localhost\/)/.test(value)) return [];
    return [`${key}=${JSON.stringify(value)}`];
  });
  if (bad.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${annotationNoun(bad)} ${sorted(bad).join(', ')}` };
}

function violationOfSeccomp({ spec }: CheckedPod): Violation | undefined {
  const types = new Set<string>();
  const setters = settersOf(spec, ({ seccompProfile }) => {
    if (!seccompProfile || isGoodProfile(seccompProfile.type)) return false;
    types.add(seccompProfile.type);
    return true;
  });
  if (!setters) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `${setters} must not set securityContext.seccompProfile.type to ${quoted(sorted(types))}`,
  };
}

/** Source: check_seccompProfile_baseline.go. */
export const baselineSeccomp: Check = {
  level: 'baseline',
  forms: [
    { since: 0, violation: violationOfSeccompAnnotations },
    { since: 19, violation: violationOfSeccomp },
  ],
};

function violationOfMissingSeccomp(pod: CheckedPod): Violation | undefined {
  const violation = violationOfSeccomp(pod);
  if (violation || pod.spec.securityContext?.seccompProfile) return violation;
  const silent = containersThat(pod.spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: 'seccompProfile', detail: `pod or ${theContainers(silent)} ${must}` };
}

/** Source: check_seccompProfile_restricted.go. */
export const restrictedSeccomp: Check = {
  level: 'restricted',
  includes: baselineSeccomp,
  forms: [
    { since: 19, violation: violationOfMissingSeccomp },
    { since: 25, violation: (pod) => (isWindows(pod.spec) ? undefined : violationOfMissingSeccomp(pod)) },
  ],
};
