import { createHash } from 'node:crypto';
import type { Container, ContainerState, ContainerStatus, PodCondition, PodStatus } from 'kubernetes-types/core/v1.js';
import type { AssignedPod } from './runtime.js';

/** What is true of a simulated pod at one moment. Times are RFC 3339. */
export interface SimulatedState {
  ip: string | undefined;
  hostIp: string;
  /** When the agent took the pod. */
  acceptedAt: string;
  /** When its containers began; undefined before. */
  startedAt: string | undefined;
  /** All probes have passed. */
  ready: boolean;
  /** Why containers wait, before they have started or between crashes. */
  waiting: { reason: string; message?: string } | undefined;
  restarts: number;
  /** How the last run ended, if one did. */
  lastExit: { code: number; at: string; startedAt: string; reason: string } | undefined;
  /** All containers have ended, and are not started again. */
  ended: { code: number; at: string; reason: string } | undefined;
}

const sidecar = (container: Container): boolean => (container as { restartPolicy?: string }).restartPolicy === 'Always';

function idOf(uid: string, container: string, run: number): string {
  return `everynode://${createHash('sha256').update(`${uid} ${container} ${run}`).digest('hex')}`;
}

function stateOf(state: SimulatedState): ContainerState {
  if (state.ended) {
    const { code, at, reason } = state.ended;
    return { terminated: { exitCode: code, reason, finishedAt: at, startedAt: state.startedAt ?? at } };
  }
  if (state.waiting) return { waiting: state.waiting };
  if (state.startedAt !== undefined) return { running: { startedAt: state.startedAt } };
  return { waiting: { reason: 'ContainerCreating' } };
}

function containerStatus(pod: AssignedPod, container: Container, state: SimulatedState): ContainerStatus {
  const current = stateOf(state);
  const running = current.running !== undefined;
  const begun = state.startedAt !== undefined || state.lastExit !== undefined;
  const { lastExit } = state;
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: begun ? `everynode-simulated/${container.image ?? ''}` : '',
    ...(begun && { containerID: idOf(pod.metadata.uid, container.name, state.restarts) }),
    lastState: lastExit
      ? {
          terminated: {
            exitCode: lastExit.code,
            reason: lastExit.reason,
            startedAt: lastExit.startedAt,
            finishedAt: lastExit.at,
          },
        }
      : {},
    ready: running && state.ready,
    restartCount: state.restarts,
    started: running,
    state: current,
  };
}

/** Init containers have done their work by the time the others start; sidecars run beside them. */
function initStatus(pod: AssignedPod, container: Container, state: SimulatedState): ContainerStatus {
  if (sidecar(container)) return containerStatus(pod, container, state);
  const at = state.startedAt ?? state.lastExit?.startedAt;
  const base = { name: container.name, image: container.image ?? '', lastState: {}, restartCount: 0 };
  if (at === undefined) {
    return { ...base, imageID: '', ready: false, started: false, state: { waiting: { reason: 'PodInitializing' } } };
  }
  return {
    ...base,
    imageID: `everynode-simulated/${container.image ?? ''}`,
    containerID: idOf(pod.metadata.uid, container.name, 0),
    ready: true,
    started: false,
    state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at } },
  };
}

function phaseOf(state: SimulatedState): string {
  if (state.ended) return state.ended.code === 0 ? 'Succeeded' : 'Failed';
  return state.startedAt !== undefined || state.lastExit !== undefined ? 'Running' : 'Pending';
}

/**
 * The status that a kubelet would report. `previous` is the one before: a condition keeps the time of its last transition
 * while its status stays. `now` is RFC 3339.
 */
export function simulatedStatus(
  pod: AssignedPod,
  state: SimulatedState,
  previous: PodStatus | undefined,
  now: string,
): PodStatus {
  const begun = state.startedAt !== undefined || state.lastExit !== undefined;
  const ready = state.ready && !state.ended && !state.waiting && state.startedAt !== undefined;
  const names = pod.spec.containers.map((container) => container.name).join(' ');
  const unready = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
  const gates = ((pod.spec as { readinessGates?: { conditionType: string }[] }).readinessGates ?? []).every((gate) =>
    pod.status?.conditions?.some((condition) => condition.type === gate.conditionType && condition.status === 'True'),
  );
  const wanted: Omit<PodCondition, 'lastTransitionTime'>[] = [
    { type: 'PodReadyToStartContainers', status: state.ip !== undefined && !state.ended ? 'True' : 'False' },
    { type: 'Initialized', status: begun || !pod.spec.initContainers?.length ? 'True' : 'False' },
    { type: 'Ready', status: ready && gates ? 'True' : 'False', ...(!ready && unready) },
    { type: 'ContainersReady', status: ready ? 'True' : 'False', ...(!ready && unready) },
    { type: 'PodScheduled', status: 'True' },
  ];
  const before = new Map((previous ?? pod.status)?.conditions?.map((condition) => [condition.type, condition]));
  const conditions = wanted.map((condition): PodCondition => {
    const known = before.get(condition.type);
    const since = known?.status === condition.status ? known.lastTransitionTime : now;
    return { ...condition, lastProbeTime: null as never, lastTransitionTime: since ?? now };
  });
  return {
    phase: phaseOf(state),
    conditions,
    hostIP: state.hostIp,
    hostIPs: [{ ip: state.hostIp }] as never,
    ...(state.ip !== undefined && { podIP: state.ip, podIPs: [{ ip: state.ip }] }),
    startTime: state.acceptedAt,
    ...(pod.spec.initContainers?.length && {
      initContainerStatuses: pod.spec.initContainers.map((container) => initStatus(pod, container, state)),
    }),
    containerStatuses: pod.spec.containers.map((container) => containerStatus(pod, container as Container, state)),
  };
}
