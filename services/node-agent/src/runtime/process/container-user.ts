import { readFileSync } from 'node:fs';
import type { Container, EphemeralContainer, PodSpec } from '@everynode/objects';
import { nonRootFault, runAs } from '../run-as.js';

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
 * does not know has group 0. Source: pkg/kubelet/kuberuntime/security_context.go.
 */
export function userOf(
  container: Pick<Container | EphemeralContainer, 'name' | 'securityContext'>,
  spec: Pick<PodSpec, 'securityContext'>,
  podText: string,
): { user: ContainerUser; fault?: undefined } | { fault: string } {
  const ownUid = process.getuid?.() ?? 0;
  const fault = nonRootFault(container, spec, String(ownUid), podText);
  if (fault !== undefined) return { fault };
  const { uid, gid, groups } = runAs(container, spec);
  const account = accountOf(uid ?? ownUid);
  const ofAccount = uid === undefined ? undefined : (account?.gid ?? 0);
  return { user: { uid, gid: gid ?? ofAccount, groups, home: account?.home ?? '/' } };
}
