/** The Pod Security Standards do not concern these. Source: pod-security-admission/admission/api. */
export interface PodSecurityExemptions {
  readonly namespaces: readonly string[];
  /** Names of users: service accounts are `system:serviceaccount:NAMESPACE:NAME`. */
  readonly users: readonly string[];
  readonly runtimeClasses: readonly string[];
}

export const NO_EXEMPTIONS: PodSecurityExemptions = { namespaces: [], users: [], runtimeClasses: [] };

/** What exempts a pod, as the audit annotation `pod-security.kubernetes.io/exempt` names it. */
export type ExemptBy = 'namespace' | 'user' | 'runtimeClass';

/** The values of the settings `EVERYNODE_POD_SECURITY_EXEMPT_…`: names, with commas between them. */
export interface ExemptionSettings {
  EVERYNODE_POD_SECURITY_EXEMPT_NAMESPACES: string;
  EVERYNODE_POD_SECURITY_EXEMPT_USERS: string;
  EVERYNODE_POD_SECURITY_EXEMPT_RUNTIME_CLASSES: string;
}

export function exemptionsFrom(settings: ExemptionSettings): PodSecurityExemptions {
  return {
    namespaces: namesIn(settings.EVERYNODE_POD_SECURITY_EXEMPT_NAMESPACES),
    users: namesIn(settings.EVERYNODE_POD_SECURITY_EXEMPT_USERS),
    runtimeClasses: namesIn(settings.EVERYNODE_POD_SECURITY_EXEMPT_RUNTIME_CLASSES),
  };
}

/**
 * Returns what exempts a pod, or the template of one; undefined where nothing does. `user` is the client that writes
 * it, undefined for a program that writes for itself. Source: pod-security-admission, ValidatePod.
 */
export function exemptionOf(
  {
    namespace,
    user,
    runtimeClass,
  }: { namespace: string; user?: string | undefined; runtimeClass?: string | undefined },
  exemptions: PodSecurityExemptions,
): ExemptBy | undefined {
  if (exemptions.namespaces.includes(namespace)) return 'namespace';
  if (user !== undefined && exemptions.users.includes(user)) return 'user';
  if (runtimeClass !== undefined && exemptions.runtimeClasses.includes(runtimeClass)) return 'runtimeClass';
  return undefined;
}

const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
