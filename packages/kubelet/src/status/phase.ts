import { type ContainerRun, isShownRunning } from '../pod/container-run.js';
import { mayRun, type PodRun } from '../pod/pod-run.js';
import { isRestarted } from '../restarts/restart-policy.js';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** What the status of a container says of it, in the terms of the phase. */
type Shown = 'running' | 'stopped' | 'waiting';

function shownOf(run: ContainerRun): Shown {
  if (isShownRunning(run)) return 'running';
  return run.exit ? 'stopped' : 'waiting';
}

const isOver = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/**
 * The phase of a pod with these containers, none of them ephemeral. It does not end before all of the pod has ended,
 * and an end is for good. Source: pkg/kubelet, getPhase; pkg/kubelet/status/status_manager.go, mergePodStatus.
 */
export function phaseOf(run: PodRun, mains: readonly ContainerRun[], inits: readonly ContainerRun[]): PodPhase {
  const before = (run.status ?? run.pod.status)?.phase as PodPhase | undefined;
  if (isOver(before)) return before as PodPhase;
  const phase = run.failure ? 'Failed' : phaseFrom(run, mains, inits);
  if (!isOver(phase) || run.failure?.rejected || !mayRun(run)) return phase;
  return before ?? 'Running';
}

function phaseFrom(run: PodRun, mains: readonly ContainerRun[], inits: readonly ContainerRun[]): PodPhase {
  const { spec } = run.pod;
  let pendingInits = 0;
  let pendingSidecars = 0;
  for (const init of inits) {
    const shown = shownOf(init);
    if (init.kind === 'init') {
      if (shown !== 'stopped') pendingInits += 1;
      else if (init.exit && init.exit.code !== 0 && !isRestarted(init.spec, 'init', spec, init.exit.code))
        return 'Failed';
    } else if (shown === 'waiting' || (shown === 'running' && !init.started)) pendingSidecars += 1;
  }
  const counts = { running: 0, stopped: 0, waiting: 0 };
  for (const main of mains) counts[shownOf(main)] += 1;
  const succeeded = mains.every(({ exit }) => exit?.code === 0);
  if (pendingInits > 0 || (pendingSidecars > 0 && !mains.some(({ wasStarted }) => wasStarted))) return 'Pending';
  if (counts.waiting > 0) return 'Pending';
  if (counts.running > 0 || inits.some((init) => init.kind === 'sidecar' && isShownRunning(init))) return 'Running';
  const willRestart = mains.some(({ spec: each, exit }) => exit && isRestarted(each, 'main', spec, exit.code));
  if (willRestart && !run.ending) return 'Running';
  return succeeded ? 'Succeeded' : 'Failed';
}
