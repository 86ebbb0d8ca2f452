import type { Container, ContainerStatus, Pod, PodSpec, ResourceRequirements } from '../kinds/api-types.js';
import { compareQuantities, parseQuantity } from '../quantity/index.js';

type Values = Readonly<Record<string, string | number>> | undefined;

/**
 * The spec of a pod with the resources that its containers hold: while a pod is resized in place its node has still
 * allocated the old ones, so the larger count. A resize that the node can never do counts as if it were not asked for.
 * Source: k8s.io/component-helpers/resource/helpers.go, determineContainerReqs, determineContainerLimits.
 */
export function specInUse({ spec, status }: Pod): PodSpec {
  const wanted = spec ?? { containers: [] };
  const statuses = byName(status?.containerStatuses);
  const ofInit = byName(status?.initContainerStatuses);
  if (statuses.size === 0 && ofInit.size === 0) return wanted;
  const isInfeasible = (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const held = (container: Container, known: ContainerStatus | undefined): Container =>
    known?.resources ? { ...container, resources: resourcesHeld(container, known, isInfeasible) } : container;
  return {
    ...wanted,
    containers: wanted.containers.map((container) => held(container, statuses.get(container.name))),
    ...(wanted.initContainers && {
      // Other init containers end before a pod can be resized.
      initContainers: wanted.initContainers.map((container) =>
        container.restartPolicy === 'Always' ? held(container, ofInit.get(container.name)) : container,
      ),
    }),
  };
}

const byName = (statuses: readonly ContainerStatus[] | undefined): Map<string, ContainerStatus> =>
  new Map((statuses ?? []).map((status) => [status.name, status]));

function resourcesHeld(
  { resources: wanted }: Container,
  { resources: actual, allocatedResources }: ContainerStatus,
  isInfeasible: boolean,
): ResourceRequirements {
  const asked = isInfeasible ? undefined : wanted;
  return {
    requests: largest(asked?.requests, actual?.requests, allocatedResources),
    limits: largest(asked?.limits, actual?.limits),
  };
}

/** The largest value of each name. */
function largest(...lists: Values[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of lists.flatMap((values) => Object.entries(values ?? {}))) {
    const known = Object.hasOwn(all, name) ? all[name] : undefined;
    if (known === undefined || compareQuantities(parseQuantity(value), parseQuantity(known)) > 0)
      all[name] = `${value}`;
  }
  return all;
}
