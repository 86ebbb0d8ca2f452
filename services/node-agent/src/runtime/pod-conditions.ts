import type { PodCondition } from '@everynode/objects';
import type { ContainerRun } from './container-run.js';
import type { PodRun } from './pod-run.js';
import type { AssignedPod } from './runtime.js';

type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** What a condition says, without its times. */
export type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** Whether a container runs or has run. */
export const hasBegun = ({ startedAt, crashed, lastExit }: ContainerRun): boolean =>
  startedAt !== undefined || crashed !== undefined || lastExit !== undefined;

/** The phase of a pod with these containers, none of them ephemeral. Source: pkg/kubelet, getPhase. */
export function phaseOf(run: PodRun, mains: readonly ContainerRun[], inits: readonly ContainerRun[]): PodPhase {
  if (run.failure) return 'Failed';
  if (inits.some(({ kind, ended }) => kind === 'init' && ended !== undefined && ended.code !== 0)) return 'Failed';
  if (mains.every((run) => run.ended)) {
    return mains.every((run) => run.ended?.code === 0) ? 'Succeeded' : 'Failed';
  }
  return mains.every((run) => hasBegun(run) || run.ended) ? 'Running' : 'Pending';
}

/** The containers that a pod's conditions look at: all but ephemeral ones; `inits` are those that are not main. */
interface CountedContainers {
  containers: readonly ContainerRun[];
  inits: readonly ContainerRun[];
}

/**
 * The conditions of a pod in the order in which a kubelet writes them, without those that only others set. Source:
 * pkg/kubelet/status/generate.go.
 */
export function verdictsOf(
  { pod, ip, infeasible }: PodRun,
  phase: PodPhase,
  { containers, inits }: CountedContainers,
): [type: string, verdict: Verdict][] {
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const containersReady = containersReadyVerdict(phase, containers);
  const verdicts: [type: string, verdict: Verdict][] = [
    ['PodReadyToStartContainers', { status: ip !== undefined && !isOver ? 'True' : 'False' }],
    ['Initialized', initializedVerdict(phase, inits)],
    ['Ready', readyVerdict(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  if (infeasible !== undefined) {
    verdicts.unshift(['PodResizePending', { status: 'True', reason: 'Infeasible', message: infeasible }]);
  }
  return verdicts;
}

const unmet = (reason: string, what: string, runs: readonly ContainerRun[]): Verdict => ({
  status: 'False',
  reason,
  message: `containers with ${what} status: [${runs.map((run) => run.name).join(' ')}]`,
});

function initializedVerdict(phase: PodPhase, inits: readonly ContainerRun[]): Verdict {
  const pending = inits.filter((run) => (run.kind === 'init' ? run.ended?.code !== 0 : !hasBegun(run) && !run.ended));
  return pending.length === 0 || phase === 'Succeeded'
    ? { status: 'True' }
    : unmet('ContainersNotInitialized', 'incomplete', pending);
}

function containersReadyVerdict(phase: PodPhase, containers: readonly ContainerRun[]): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = containers.filter((run) => run.kind !== 'init' && !run.ready);
  return unready.length === 0 ? { status: 'True' } : unmet('ContainersNotReady', 'unready', unready);
}

/** Readiness gates are conditions that others set; the agent knows those of the pod as it was last assigned. */
function readyVerdict(pod: AssignedPod, containersReady: Verdict): Verdict {
  const gates = pod.spec.readinessGates ?? [];
  if (containersReady.status !== 'True' || gates.length === 0) return containersReady;
  const messages = gates.flatMap(({ conditionType }) => {
    const status = pod.status?.conditions?.find(({ type }) => type === conditionType)?.status;
    if (status === 'True') return [];
    return status === undefined
      ? [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`]
      : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${status}`];
  });
  if (messages.length === 0) return containersReady;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

/** What the readiness of a pod depends on beside its containers, as text that can be compared. */
export function gateStates({ spec, status }: AssignedPod): string {
  const stateOf = (wanted: string) => status?.conditions?.find(({ type }) => type === wanted)?.status;
  return (spec.readinessGates ?? []).map(({ conditionType }) => stateOf(conditionType) ?? '').join(' ');
}
