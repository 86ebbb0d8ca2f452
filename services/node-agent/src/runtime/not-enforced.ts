import type { AssignedPod } from '@everynode/kubelet';

/**
 * Limits that nothing holds a pod to: the fields, with the names of containers and volumes. `enforced` names the
 * resources of containers that a runtime does hold them to.
 */
export function notEnforced({ spec }: AssignedPod, enforced: readonly string[]): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ name, resources }) =>
    Object.keys(resources?.limits ?? {})
      .filter((limit) => !enforced.includes(limit))
      .map((limit) => `resources.limits.${limit} of container ${name}`),
  );
  const pod = Object.keys(spec.resources?.limits ?? {}).map((limit) => `spec.resources.limits.${limit}`);
  const volumes = (spec.volumes ?? []).flatMap(({ name, emptyDir }) =>
    emptyDir?.sizeLimit != null && emptyDir.medium !== 'Memory' ? [`emptyDir.sizeLimit of volume ${name}`] : [],
  );
  return [...pod, ...containers, ...volumes];
}
