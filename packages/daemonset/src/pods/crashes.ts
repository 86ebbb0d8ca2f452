import type { ContainerStatus, Pod } from '@everynode/objects';
import { isPodTerminal } from '@everynode/workloads';

/** Why a container waits before its next run, when that run already counts in `restartCount`. */
const STARTING: ReadonlySet<string | undefined> = new Set(['ContainerCreating', 'PodInitializing', undefined]);

/**
 * How often the pod's containers have ended and were started again, or will be. A crash counts when the container ends:
 * `restartCount` grows only when it starts again, after a back-off of ten seconds to five minutes.
 *
 * The end that no restart has followed is the last run of a container that does not run: its state is `terminated`, or
 * it waits (CrashLoopBackOff, a missing image) and `lastState` is `terminated`. A container whose run was lost (its
 * node or its agent was restarted) waits to be created, and its restart is counted already. An init container that has
 * succeeded has done its work; one that fails is started again. A sidecar's status looks like an init container's, so a
 * sidecar that ends with exit code 0 counts when it starts again. Ephemeral containers are not started again. The
 * containers of a pod that has failed or succeeded are not either: it was evicted, or its node shut down.
 * Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses.
 */
export function crashesOf(pod: Pod): number {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const isOver = isPodTerminal(pod);
  let crashes = 0;
  for (const status of containerStatuses) {
    crashes += status.restartCount + (!isOver && lastEnd(status) !== undefined ? 1 : 0);
  }
  for (const status of initContainerStatuses) {
    crashes += status.restartCount + (!isOver && (lastEnd(status)?.exitCode ?? 0) !== 0 ? 1 : 0);
  }
  return crashes;
}

/** How the last run of a container ended; undefined while it runs, or before it has run. */
function lastEnd({ state, lastState }: ContainerStatus) {
  if (state?.running || (state?.waiting && STARTING.has(state.waiting.reason))) return undefined;
  return state?.terminated ?? lastState?.terminated;
}
