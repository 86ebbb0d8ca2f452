import type { ContainerState, ContainerStatus, PodCondition, PodStatus } from '@everynode/objects';
import { hexOf } from '../seeded-random.js';
import type { ContainerExit, ContainerRun } from './container-run.js';
import type { AssignedPod } from './runtime.js';

/** What is true of a simulated pod at one moment. Times are RFC 3339. */
export interface SimulatedState {
  /** Init containers and sidecars in their order, then the others, ephemeral ones last. */
  containers: ContainerRun[];
  /** Why the node cannot give the pod the amounts that it is to have; undefined where it has them. */
  infeasible: string | undefined;
  /** Set once the pod's sandbox is there. */
  ip: string | undefined;
  hostIp: string;
  /** When an agent took the pod for the first time. */
  acceptedAt: string;
}

const RUNTIME = 'everynode-simulated';

function terminated(
  uid: string,
  run: ContainerRun,
  { code, reason, startedAt, finishedAt }: ContainerExit,
  restarts: number,
) {
  return {
    terminated: { exitCode: code, reason, startedAt, finishedAt, containerID: containerId(uid, run, restarts) },
  };
}

function containerId(uid: string, run: ContainerRun, restarts: number): string {
  return `${RUNTIME}://${hexOf(`${uid} ${run.name} ${restarts}`)}`;
}

function containerStatus(uid: string, run: ContainerRun, defaultReason: string): ContainerStatus {
  const { startedAt, ended, lastExit } = run;
  const begun = startedAt !== undefined || ended !== undefined || lastExit !== undefined;
  const state: ContainerState = ended
    ? terminated(uid, run, ended, run.restarts)
    : startedAt !== undefined
      ? { running: { startedAt } }
      : { waiting: run.waiting ?? { reason: defaultReason } };
  // While it waits to be started again, the run that ended is still the present one, and the last one as well.
  const lastRestarts = state.running || ended ? run.restarts - 1 : run.restarts;
  return {
    name: run.name,
    image: run.image,
    imageID: begun ? `${run.image}@sha256:${hexOf(run.image)}` : '',
    ...(begun && { containerID: containerId(uid, run, run.restarts) }),
    lastState: lastExit ? terminated(uid, run, lastExit, lastRestarts) : {},
    ready: run.ready,
    restartCount: run.restarts,
    ...(run.kind !== 'ephemeral' && { started: startedAt !== undefined && run.kind !== 'init' }),
    state,
    ...(startedAt !== undefined && amountsOf(run)),
  };
}

/** Amounts that the node has set aside, and those that the container runs with: here these are the same at any time. */
function amountsOf({ resources }: ContainerRun): object {
  if (!resources?.requests && !resources?.limits) return {};
  return { ...(resources.requests && { allocatedResources: resources.requests }), resources };
}

const hasBegun = (run: ContainerRun): boolean => run.startedAt !== undefined || run.lastExit !== undefined;

/** Source: pkg/kubelet, getPhase. */
function phaseOf(mains: ContainerRun[]): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  if (mains.every((run) => run.ended)) {
    return mains.every((run) => run.ended?.code === 0) ? 'Succeeded' : 'Failed';
  }
  return mains.every((run) => hasBegun(run) || run.ended) ? 'Running' : 'Pending';
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const unmet = (reason: string, what: string, runs: ContainerRun[]): Verdict => ({
  status: 'False',
  reason,
  message: `containers with ${what} status: [${runs.map((run) => run.name).join(' ')}]`,
});

/**
 * The status that a kubelet would report. `previous` is the one before: a condition keeps the time of its last transition
 * while its status stays. `now` is RFC 3339. Source: pkg/kubelet/status/generate.go.
 */
export function simulatedStatus(
  pod: AssignedPod,
  state: SimulatedState,
  previous: PodStatus | undefined,
  now: string,
): PodStatus {
  const { ip, hostIp } = state;
  const { uid } = pod.metadata;
  const ephemerals = state.containers.filter((run) => run.kind === 'ephemeral');
  const containers =
    ephemerals.length === 0 ? state.containers : state.containers.filter((run) => run.kind !== 'ephemeral');
  const mains = containers.filter((run) => run.kind === 'main');
  const inits = mains.length === containers.length ? [] : containers.filter((run) => run.kind !== 'main');
  const phase = phaseOf(mains);
  const isOver = phase === 'Succeeded' || phase === 'Failed';

  const pending = inits.filter((run) => (run.kind === 'init' ? run.ended?.code !== 0 : !hasBegun(run) && !run.ended));
  const initialized: Verdict =
    pending.length === 0 || phase === 'Succeeded'
      ? { status: 'True' }
      : unmet('ContainersNotInitialized', 'incomplete', pending);
  const unready = containers.filter((run) => run.kind !== 'init' && !run.ready);
  const containersReady: Verdict =
    phase === 'Succeeded'
      ? { status: 'False', reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { status: 'False', reason: 'PodFailed' }
        : unready.length === 0
          ? { status: 'True' }
          : unmet('ContainersNotReady', 'unready', unready);
  const pendingResize: Verdict | undefined =
    state.infeasible === undefined ? undefined : { status: 'True', reason: 'Infeasible', message: state.infeasible };
  const verdicts: [type: string, verdict: Verdict][] = [
    ...(pendingResize ? [['PodResizePending', pendingResize] as [string, Verdict]] : []),
    ['PodReadyToStartContainers', { status: ip !== undefined && !isOver ? 'True' : 'False' }],
    ['Initialized', initialized],
    ['Ready', readyVerdict(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  const before = (previous ?? pod.status)?.conditions;
  const defaultReason = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const { generation } = pod.metadata;
  const status: PodStatus = {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: verdicts.map(([type, verdict]): PodCondition => {
      const known = before?.find((condition) => condition.type === type);
      const since = known?.status === verdict.status ? known.lastTransitionTime : undefined;
      return { type, ...verdict, lastProbeTime: null, lastTransitionTime: since ?? now };
    }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    startTime: state.acceptedAt,
    containerStatuses: mains.map((run) => containerStatus(uid, run, defaultReason)),
  };
  if (inits.length > 0) status.initContainerStatuses = inits.map((run) => containerStatus(uid, run, defaultReason));
  if (ephemerals.length > 0) {
    status.ephemeralContainerStatuses = ephemerals.map((run) => containerStatus(uid, run, defaultReason));
  }
  if (ip !== undefined) {
    status.podIP = ip;
    status.podIPs = [{ ip }];
  }
  return status;
}

/** Readiness gates are conditions that others set; the agent knows those of the pod as it was last assigned. */
function readyVerdict(pod: AssignedPod, containersReady: Verdict): Verdict {
  const gates = (pod.spec as { readinessGates?: { conditionType: string }[] }).readinessGates ?? [];
  if (containersReady.status !== 'True' || gates.length === 0) return containersReady;
  const isTrue = (wanted: string): boolean =>
    pod.status?.conditions?.some(({ type, status }) => type === wanted && status === 'True') ?? false;
  const missing = gates.filter(({ conditionType }) => !isTrue(conditionType));
  if (missing.length === 0) return containersReady;
  const messages = missing.map(
    ({ conditionType }) => `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
  );
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
