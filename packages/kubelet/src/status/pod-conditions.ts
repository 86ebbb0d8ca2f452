import type { PodCondition, PodStatus } from '@everynode/objects';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { type ContainerRun, hasBegun } from '../pod/container-run.js';
import type { PodRun } from '../pod/pod-run.js';
import type { PodPhase } from './phase.js';

/** What a condition says, without its times. */
type ConditionVerdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

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
  { pod, ip, infeasible, failure }: PodRun,
  phase: PodPhase,
  { containers, inits }: CountedContainers,
): [type: string, verdict: ConditionVerdict][] {
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const containersReady = containersReadyVerdict(phase, containers);
  const verdicts: [type: string, verdict: ConditionVerdict][] = [
    ['PodReadyToStartContainers', { status: ip !== undefined && !isOver ? 'True' : 'False' }],
    ['Initialized', initializedVerdict(phase, containers, inits)],
    ['Ready', readyVerdict(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  if (infeasible !== undefined) {
    verdicts.unshift(['PodResizePending', { status: 'True', reason: 'Infeasible', message: infeasible }]);
  }
  // Not before all of it has ended. Source: pkg/kubelet/status/status_manager.go, mergePodStatus.
  if (failure?.isDisruption && phase === 'Failed') {
    verdicts.push([DISRUPTION_TARGET, { status: 'True', reason: BY_KUBELET, message: failure.message }]);
  }
  return verdicts;
}

const DISRUPTION_TARGET = 'DisruptionTarget';
const BY_KUBELET = 'TerminationByKubelet';

/** Whether the node has ended the pod that has this status. */
export const isDisrupted = ({ conditions }: Pick<PodStatus, 'conditions'>): boolean =>
  conditions?.some(({ type, reason }) => type === DISRUPTION_TARGET && reason === BY_KUBELET) ?? false;

const unmet = (reason: string, what: string, runs: readonly ContainerRun[]): ConditionVerdict => ({
  status: 'False',
  reason,
  message: `containers with ${what} status: [${runs.map((run) => run.name).join(' ')}]`,
});

/** Once a main container has begun, the pod is initialised, whatever its sidecars do. */
function initializedVerdict(
  phase: PodPhase,
  containers: readonly ContainerRun[],
  inits: readonly ContainerRun[],
): ConditionVerdict {
  const pending = inits.filter((run) => (run.kind === 'init' ? run.exit?.code !== 0 : !(hasBegun(run) && run.started)));
  if (pending.length === 0 || phase === 'Succeeded') return { status: 'True' };
  const isInitialised = containers.some((run) => run.kind === 'main' && hasBegun(run));
  return isInitialised ? { status: 'True' } : unmet('ContainersNotInitialized', 'incomplete', pending);
}

function containersReadyVerdict(phase: PodPhase, containers: readonly ContainerRun[]): ConditionVerdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = containers.filter((run) => run.kind !== 'init' && !run.ready);
  return unready.length === 0 ? { status: 'True' } : unmet('ContainersNotReady', 'unready', unready);
}

/** Readiness gates are conditions that others set; the agent knows those of the pod as it was last assigned. */
function readyVerdict(pod: AssignedPod, containersReady: ConditionVerdict): ConditionVerdict {
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
