import { type ReachedPod, TunnelRefusedError } from '@everynode/container-streams';
import type { LogWanted } from '@everynode/contract';
import { findLogRun, type LogRun, type PodRun } from '@everynode/kubelet';

/** Finds the run of a pod by its uid. */
export type FindRun<Run extends PodRun> = (uid: string) => Run | undefined;

export const refused = (message: string): TunnelRefusedError =>
  new TunnelRefusedError({ reason: 'BadRequest', message });

/** The run of the pod that a client reaches. @throws TunnelRefusedError where it is not here. */
export function reachedRun<Run extends PodRun>(find: FindRun<Run>, { name, uid }: ReachedPod): Run {
  const run = find(uid);
  if (!run) throw refused(`pod "${name}" is not on this node any more`);
  return run;
}

/** The run of a container whose log a client reads. @throws TunnelRefusedError where there is none. */
export function reachedLog(run: PodRun, { name }: ReachedPod, { container, previous }: LogWanted): LogRun {
  const read = findLogRun(name, run.status, container, previous);
  if ('fault' in read) throw refused(read.fault);
  return read;
}

export const notRunning = (container: string, { name }: ReachedPod): TunnelRefusedError =>
  refused(`container "${container}" in pod "${name}" does not run`);
