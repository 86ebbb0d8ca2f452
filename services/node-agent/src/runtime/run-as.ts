import type { Container, EphemeralContainer, PodSpec } from '@everynode/objects';

type Own = Pick<Container | EphemeralContainer, 'name' | 'securityContext'>;
type Shared = Pick<PodSpec, 'securityContext'>;

/** Who a container runs as; what is undefined neither it nor its pod says. */
interface RunAs {
  uid: number | undefined;
  gid: number | undefined;
  /** Groups beside that one. */
  groups: number[];
}

/** Who a container runs as by its security context and that of its pod. Source: pkg/securitycontext/util.go. */
export function runAs({ securityContext: own }: Own, { securityContext: shared }: Shared): RunAs {
  const { supplementalGroups, fsGroup } = shared ?? {};
  return {
    uid: own?.runAsUser ?? shared?.runAsUser ?? undefined,
    gid: own?.runAsGroup ?? shared?.runAsGroup ?? undefined,
    groups: [...new Set([...(supplementalGroups ?? []), ...(fsGroup == null ? [] : [fsGroup])])],
  };
}

/**
 * Why a container that must not run as root may not run; undefined where it may. `imageUser` is who it runs as without
 * a user of its own: a number, or a name. Source: pkg/kubelet/kuberuntime/security_context_others.go,
 * verifyRunAsNonRoot.
 */
export function nonRootFault(container: Own, spec: Shared, imageUser: string, podText: string): string | undefined {
  if (!(container.securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot)) return undefined;
  const fault = rootFault(runAs(container, spec).uid, imageUser);
  return fault && `${fault} (pod: ${JSON.stringify(podText)}, container: ${container.name})`;
}

function rootFault(uid: number | undefined, imageUser: string): string | undefined {
  if (uid === 0) return "container's runAsUser breaks non-root policy";
  if (uid !== undefined) return undefined;
  if (imageUser === '0') return 'container has runAsNonRoot and image will run as root';
  return /^\d+$/.test(imageUser)
    ? undefined
    : `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root`;
}
