import type { ContainerStatus } from '@everynode/objects';
import type { ContainerRun } from './container-run.js';
import type { AssignedPod } from './runtime.js';

/**
 * Sets container runs to what the pod's status says of them. Returns the step that the pod was in.
 *
 * A pod whose main containers all run is taken over with its start times and restarts, so that a restart of the agent
 * does not restart the pod. A pod that has finished stays finished. Any other pod keeps only its counts of restarts and
 * has to be started again: then this returns undefined.
 */
export function takeOver(pod: AssignedPod, runs: ContainerRun[]): 'finished' | 'ready' | 'running' | undefined {
  const {
    phase,
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  const statuses = new Map(all.map((status) => [status.name, status]));
  const mains = runs.filter((run) => run.kind === 'main');
  const stateOf = (run: ContainerRun) => statuses.get(run.name)?.state;
  const isRunning = phase === 'Running' && mains.every((run) => stateOf(run)?.running);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  for (const run of runs) {
    const status = statuses.get(run.name);
    if (!status) continue;
    if (isRunning || isOver) takeRun(run, status);
    else keepCount(run, status);
  }
  if (isOver) return 'finished';
  if (!isRunning) return undefined;
  return mains.every((run) => run.ready) ? 'ready' : 'running';
}

function takeRun(run: ContainerRun, { state, lastState, restartCount, ready, started }: ContainerStatus): void {
  run.restarts = restartCount;
  run.ready = ready;
  run.started = started ?? true;
  run.startedAt = state?.running?.startedAt;
  run.ended = exitOf(state?.terminated);
  run.lastExit = exitOf(lastState?.terminated);
}

/** Why a container waits to run again when that restart is counted already. */
const COUNTED: ReadonlySet<string | undefined> = new Set(['ContainerCreating', 'PodInitializing']);

/** A container that had started before counts one restart more, unless it was to start again already. */
function keepCount(run: ContainerRun, { state, lastState, restartCount }: ContainerStatus): void {
  const exit = exitOf(state?.terminated) ?? exitOf(lastState?.terminated);
  const isCounted = COUNTED.has(state?.waiting?.reason);
  const hadBegun = (exit !== undefined && !isCounted) || state?.running !== undefined;
  run.restarts = restartCount + (hadBegun && run.kind !== 'init' ? 1 : 0);
  if (run.kind !== 'init') run.lastExit = exit;
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function exitOf(terminated: Terminated | undefined): ContainerRun['ended'] {
  if (!terminated) return undefined;
  const { exitCode, reason, startedAt, finishedAt } = terminated;
  return {
    code: exitCode,
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
    startedAt: String(startedAt ?? ''),
    finishedAt: String(finishedAt ?? ''),
  };
}
