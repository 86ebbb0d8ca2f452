import { readFileSync } from 'node:fs';
import type { Container, EphemeralContainer, PodSpec } from '@everynode/objects';
import { nonRootFault } from '../non-root-fault.js';

/** Who a container runs as; without a user it runs as the agent does. */
export interface ContainerUser {
  uid: number | undefined;
  gid: number | undefined;
  groups: number[];
  home: string;
}

interface Account {
  gid: number;
  home: string;
}

/** The account of this machine that has the number. */
function accountOf(uid: number): Account | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [, , number, group, , home = '/'] = line.split(':');
    if (number === String(uid)) return { gid: Number(group), home };
  }
  return undefined;
}

/**
 * The user of a container by its security context and that of its pod, or why it may not run. A user that this machine
 * does not know has group 0. Source: pkg/securitycontext/util.go; pkg/kubelet/kuberuntime/security_context.go.
 */
export function userOf(
  { name, securityContext: own }: Pick<Container | EphemeralContainer, 'name' | 'securityContext'>,
  { securityContext: shared }: Pick<PodSpec, 'securityContext'>,
  podText: string,
): { user: ContainerUser; fault?: undefined } | { fault: string } {
  const uid = own?.runAsUser ?? shared?.runAsUser ?? undefined;
  if (own?.runAsNonRoot ?? shared?.runAsNonRoot) {
    const fault = nonRootFault(uid, String(process.getuid?.() ?? 0));
    if (fault !== undefined) return { fault: `${fault} (pod: ${JSON.stringify(podText)}, container: ${name})` };
  }
  const account = accountOf(uid ?? process.getuid?.() ?? 0);
  const gid = own?.runAsGroup ?? shared?.runAsGroup ?? (uid === undefined ? undefined : (account?.gid ?? 0));
  const groups = [...(shared?.supplementalGroups ?? []), ...(shared?.fsGroup == null ? [] : [shared.fsGroup])];
  return { user: { uid, gid, groups: [...new Set(groups)], home: account?.home ?? '/' } };
}
