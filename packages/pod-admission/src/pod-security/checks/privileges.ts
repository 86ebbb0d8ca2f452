import type { PodSpec } from '@everynode/objects';
import {
  type AnyContainer,
  type Check,
  containersThat,
  type FindViolation,
  hasOwnUsers,
  isWindows,
  quoted,
  sorted,
  theContainers,
} from '../check.js';

const violationOfPrivilege: FindViolation = ({ spec }) => {
  const names = containersThat(spec, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return { reason: 'privileged', detail: `${theContainers(names)} must not set securityContext.privileged=true` };
};

/** Source: check_privileged.go. */
export const privileged: Check = { level: 'baseline', forms: [{ since: 0, violation: violationOfPrivilege }] };

const violationOfEscalation: FindViolation = ({ spec }) => {
  const names = containersThat(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${theContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

/** Source: check_allowPrivilegeEscalation.go. */
export const allowPrivilegeEscalation: Check = {
  level: 'restricted',
  forms: [
    { since: 8, violation: violationOfEscalation },
    { since: 25, violation: (pod) => (isWindows(pod.spec) ? undefined : violationOfEscalation(pod)) },
  ],
};

/** What container runtimes grant when nothing is said. */
const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const added = ({ securityContext }: AnyContainer): string[] => securityContext?.capabilities?.add ?? [];

/** Source: check_capabilities_baseline.go. */
export const baselineCapabilities: Check = {
  level: 'baseline',
  forms: [
    {
      since: 0,
      violation: ({ spec }) => {
        const detail = addedBeyond(spec, DEFAULT_CAPABILITIES);
        return detail ? { reason: 'non-default capabilities', detail } : undefined;
      },
    },
  ],
};

function addedBeyond(spec: PodSpec, allowed: ReadonlySet<string>): string | undefined {
  const forbidden = new Set<string>();
  const names = containersThat(spec, (container) => {
    const bad = added(container).filter((capability) => !allowed.has(capability));
    for (const capability of bad) forbidden.add(capability);
    return bad.length > 0;
  });
  if (names.length === 0) return undefined;
  const which = quoted(sorted(forbidden));
  return `${theContainers(names)} must not include ${which} in securityContext.capabilities.add`;
}

const violationOfCapabilities: FindViolation = ({ spec }) => {
  const keeping = containersThat(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const details = [
    keeping.length > 0 ? [`${theContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : [],
    addedBeyond(spec, new Set(['NET_BIND_SERVICE'])) ?? [],
  ].flat();
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
};

/** Source: check_capabilities_restricted.go. */
export const restrictedCapabilities: Check = {
  level: 'restricted',
  includes: baselineCapabilities,
  forms: [
    { since: 22, violation: violationOfCapabilities },
    { since: 25, violation: (pod) => (isWindows(pod.spec) ? undefined : violationOfCapabilities(pod)) },
  ],
};

const violationOfProcMount: FindViolation = ({ spec }) => {
  const types = new Set<string>();
  const names = containersThat(spec, ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === 'Default') return false;
    types.add(type);
    return true;
  });
  if (names.length === 0) return undefined;
  return {
    reason: 'procMount',
    detail: `${theContainers(names)} must not set securityContext.procMount to ${quoted(sorted(types))}`,
  };
};

/** Source: check_procMount.go. */
export const procMount: Check = {
  level: 'baseline',
  forms: [
    { since: 0, violation: violationOfProcMount },
    { since: 35, violation: (pod) => (hasOwnUsers(pod.spec) ? undefined : violationOfProcMount(pod)) },
  ],
};
