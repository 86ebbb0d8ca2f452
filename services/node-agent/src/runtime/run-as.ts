/**
 * Why a container that must not run as root may not run; undefined where it may. `imageUser` is who it runs as without
 * a user of its own: a number, or a name. Source: pkg/kubelet/kuberuntime/security_context_others.go,
 * verifyRunAsNonRoot.
 */
export function nonRootFault(uid: number | undefined, imageUser: string): string | undefined {
  if (uid === 0) return "container's runAsUser breaks non-root policy";
  if (uid !== undefined) return undefined;
  if (imageUser === '0') return 'container has runAsNonRoot and image will run as root';
  return /^\d+$/.test(imageUser)
    ? undefined
    : `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root`;
}
