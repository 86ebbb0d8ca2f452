import type { Pod, PodSpec, Toleration } from '../kinds/api-types.js';
import { containersOf, setPodSpecDefaults } from './pod-spec.js';

/** Defaults of a Pod (pkg/apis/core/v1 SetDefaults_Pod): those of its spec, and some that templates do not get. */
export function setPodDefaults(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  for (const { resources } of containersOf(spec)) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
  }
  if (spec.hostNetwork) setHostPorts(spec);
  // Pods alone: templates keep a negative period, and a warning tells of it. Source: pkg/apis/core/v1/conversion.go.
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    spec.terminationGracePeriodSeconds = 1;
  }
}

/** On the host's network a container's port is the host's. */
function setHostPorts(spec: PodSpec): void {
  for (const { ports } of containersOf(spec)) {
    for (const port of ports ?? []) port.hostPort ||= port.containerPort;
  }
}

const DEFAULT_TOLERATION_SECONDS = 300;

/**
 * Lets a pod stay 300 s on a node that is not ready or unreachable, unless the pod has its own toleration (admission
 * plugin DefaultTolerationSeconds). Daemon pods have tolerations without a limit and do not change.
 */
export function addDefaultTolerations(spec: PodSpec): void {
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const covers = (toleration: Toleration): boolean =>
      (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute');
    if (spec.tolerations?.some(covers)) continue;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_TOLERATION_SECONDS },
    ];
  }
}
