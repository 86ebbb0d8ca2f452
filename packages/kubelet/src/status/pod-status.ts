import type { PodCondition, PodStatus } from '@everynode/objects';
import type { PodRun } from '../pod/pod-run.js';
import { type ContainerIds, containerStatus } from './container-status.js';
import { phaseOf } from './phase.js';
import { verdictsOf } from './pod-conditions.js';

/**
 * The status that a kubelet would report on a pod. A condition keeps the time of its last transition while its status
 * stays as the last report had it. `now` is RFC 3339. Source: pkg/kubelet/status/generate.go.
 */
export function podStatus(run: PodRun, ids: ContainerIds, now: string): PodStatus {
  const { pod, ip } = run;
  const { hostIp } = run.node;
  const { uid, generation } = pod.metadata;
  const ephemerals = run.containers.filter(({ kind }) => kind === 'ephemeral');
  const containers =
    ephemerals.length === 0 ? run.containers : run.containers.filter(({ kind }) => kind !== 'ephemeral');
  const mains = containers.filter(({ kind }) => kind === 'main');
  const inits = mains.length === containers.length ? [] : containers.filter(({ kind }) => kind !== 'main');
  const phase = phaseOf(run, mains, inits);
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const { failure } = run;
  if (failure?.rejected) return { ...observed, phase, reason: failure.reason, message: failure.message };
  const before = (run.status ?? pod.status)?.conditions;
  const defaultReason = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const status: PodStatus = {
    ...observed,
    phase,
    ...(failure && phase === 'Failed' && { reason: failure.reason, message: failure.message }),
    conditions: verdictsOf(run, phase, { containers, inits }).map(([type, verdict]): PodCondition => {
      const known = before?.find((condition) => condition.type === type);
      const since = known?.status === verdict.status ? known.lastTransitionTime : undefined;
      return { type, ...observed, ...verdict, lastProbeTime: null, lastTransitionTime: since ?? now };
    }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    startTime: run.acceptedAt,
    containerStatuses: mains.map((container) => containerStatus(uid, container, defaultReason, ids)),
  };
  if (inits.length > 0) {
    status.initContainerStatuses = inits.map((container) => containerStatus(uid, container, defaultReason, ids));
  }
  if (ephemerals.length > 0) {
    status.ephemeralContainerStatuses = ephemerals.map((container) =>
      containerStatus(uid, container, defaultReason, ids),
    );
  }
  if (ip !== undefined) {
    status.podIP = ip;
    status.podIPs = [{ ip }];
  }
  return status;
}
