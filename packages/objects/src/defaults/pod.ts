import type { Pod, PodSpec, PodStatus, Toleration } from '../kinds/api-types.js';
import { podQuantities } from '../pod-resources.js';
import { formatQuantity } from '../quantity/index.js';
import { isOfPods, isOvercommitAllowed } from '../validation/resource-names.js';
import { containersOf, setPodSpecDefaults } from './pod-spec.js';

/** Defaults of a Pod (pkg/apis/core/v1 SetDefaults_Pod): those of its spec, and some that templates do not get. */
export function setPodDefaults(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec, status } = pod;
  if (status) setFirstAddress(status);
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  for (const { resources } of containersOf(spec)) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
  }
  setPodRequests(spec);
  if (spec.hostNetwork) setHostPorts(spec);
  // Pods alone: templates keep a negative period, and a warning tells of it. Source: pkg/apis/core/v1/conversion.go.
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    spec.terminationGracePeriodSeconds = 1;
  }
}

/** What a pod as a whole asks for follows from its containers and its limits. Source: defaultPodRequests. */
function setPodRequests(spec: PodSpec): void {
  const { resources, ...rest } = spec;
  if (!resources) return;
  const { overhead: _overhead, ...parts } = rest;
  const requests = { ...resources.requests };
  for (const [name, amount] of podQuantities(parts, 'requests')) {
    if (isOfPods(name) && isOvercommitAllowed(name)) requests[name] ??= formatQuantity(amount);
  }
  for (const [name, limit] of Object.entries(resources.limits ?? {})) if (isOfPods(name)) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/**
 * podIP is the first of podIPs. A client that sends both and means it sends the same one; else podIP counts.
 * Source: pkg/apis/core/v1/conversion.go, Convert_v1_PodStatus_To_core_PodStatus.
 */
function setFirstAddress(status: PodStatus): void {
  const { podIP, podIPs } = status;
  if (podIP && podIPs?.[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (!podIP && podIPs?.[0]?.ip) status.podIP = podIPs[0].ip;
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
