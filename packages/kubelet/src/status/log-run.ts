import type { PodStatus } from '@everynode/objects';
import { containerStatusesOf } from './container-statuses.js';

/** The run of a container whose log a client reads. Times are RFC 3339. */
export interface LogRun {
  /** How many runs were before it. */
  restarts: number;
  startedAt: string | undefined;
  /** Undefined while it goes on. */
  finishedAt: string | undefined;
}

/**
 * Finds the run whose log is meant: the newest one, or with `previous` the one before. Returns why there is no log, in
 * a kubelet's words. Source: pkg/kubelet/kubelet_pods.go, validateContainerLogStatus.
 */
export function findLogRun(
  podName: string,
  status: PodStatus | undefined,
  container: string,
  previous: boolean,
): LogRun | { fault: string } {
  const fault = (text: string) => ({ fault: `container "${container}" in pod "${podName}" ${text}` });
  const found = containerStatusesOf(status).find(({ name }) => name === container);
  if (!found) return fault('is not available');
  const { state, lastState, restartCount } = found;
  const last = lastState?.terminated;
  // A container that waits has no newer run than its last one.
  const lastRun = last?.containerID && {
    restarts: state?.waiting ? restartCount : Math.max(0, restartCount - 1),
    startedAt: timeOf(last.startedAt),
    finishedAt: timeOf(last.finishedAt),
  };
  if (previous)
    return lastRun || { fault: `previous terminated container "${container}" in pod "${podName}" not found` };
  if (state?.running)
    return { restarts: restartCount, startedAt: timeOf(state.running.startedAt), finishedAt: undefined };
  if (state?.terminated?.containerID) {
    const { startedAt, finishedAt } = state.terminated;
    return { restarts: restartCount, startedAt: timeOf(startedAt), finishedAt: timeOf(finishedAt) };
  }
  if (lastRun) return lastRun;
  if (state?.terminated || last) return fault('is terminated');
  if (!state?.waiting) return fault('is waiting to start - no logs yet');
  return fault(`is waiting to start: ${WAITING[state.waiting.reason ?? ''] ?? state.waiting.reason}`);
}

const timeOf = (time: unknown): string | undefined => (time == null ? undefined : String(time));

const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};
