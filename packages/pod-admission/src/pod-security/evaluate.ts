import type { Check, CheckedPod, Violation } from './check.js';
import {
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  probeHosts,
  restrictedVolumes,
  windowsHostProcess,
} from './checks/host-access.js';
import {
  allowPrivilegeEscalation,
  baselineCapabilities,
  privileged,
  procMount,
  restrictedCapabilities,
} from './checks/privileges.js';
import { appArmorProfile, baselineSeccomp, restrictedSeccomp, seLinuxOptions } from './checks/profiles.js';
import { sysctls } from './checks/sysctls.js';
import { runAsNonRoot, runAsUser } from './checks/users.js';
import { describePolicy, type LevelVersion } from './policy.js';

/** In the order in which messages name them: by level, and then by upstream's names of the checks. */
const CHECKS: readonly Check[] = [
  appArmorProfile,
  baselineCapabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  probeHosts,
  privileged,
  procMount,
  seLinuxOptions,
  baselineSeccomp,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  restrictedCapabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  restrictedSeccomp,
];

/**
 * Returns what in a pod breaks a policy, in the order of messages.
 * Source: pod-security-admission/policy/registry.go, EvaluatePod.
 */
export function violationsOf({ level, version }: LevelVersion, pod: CheckedPod): Violation[] {
  if (level === 'privileged') return [];
  const checks = CHECKS.filter((check) => level === 'restricted' || check.level === 'baseline').flatMap((check) => {
    const form = check.forms.findLast(({ since }) => since <= version);
    return form ? [{ check, form }] : [];
  });
  const included = new Set(checks.map(({ check }) => check.includes));
  return checks.filter(({ check }) => !included.has(check)).flatMap(({ form }) => form.violation(pod) ?? []);
}

/** `PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (…)`: what follows "violates". */
export function describeViolations(policy: LevelVersion, violations: readonly Violation[]): string {
  const parts = violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`));
  return `PodSecurity "${describePolicy(policy)}": ${parts.join(', ')}`;
}
