import { rm } from 'node:fs/promises';
import type { AssignedPod, SandboxResult } from '@everynode/kubelet';
import type { HostedRun, Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { PodSources } from '../objects/pod-sources.js';
import type { StateFolder } from '../state/state-folder.js';
import type { PodVolumes } from '../volumes/pod-volumes.js';

/** What could not be removed is tried again after this. */
const REMOVES_AGAIN_MS = 5000;

interface PodParts<Run extends HostedRun> {
  state: StateFolder;
  sources: PodSources<Run>;
  volumes: PodVolumes;
}

/** Notes a pod for a later process, reads what it uses, and sets up its volumes. Returns why that cannot be. */
export async function preparePod<Run extends HostedRun>(
  run: Run,
  { state, sources, volumes }: PodParts<Run>,
): Promise<Extract<SandboxResult, { fault: string }> | undefined> {
  state.savePod(run.pod);
  try {
    await sources.renew(run);
  } catch (error) {
    return { fault: `what the pod uses cannot be read: ${(error as Error).message}` };
  }
  return volumes.setUp(sources.sourcesOf(run), () => run.loop.isDropped || run.sandbox !== 'making');
}

/** Removes volumes, logs and records of a pod of which nothing is known but its uid. Nothing of it may run. */
export async function removeStray(
  uid: string,
  { state, volumes }: { state: StateFolder; volumes: PodVolumes },
): Promise<void> {
  await volumes.removeStray(uid);
  for (const logs of state.logFoldersOf(uid)) await rm(logs, { recursive: true, force: true });
  await rm(state.podFolder(uid), { recursive: true, force: true });
}

/** Removes volumes, logs and records of a pod of which nothing runs. */
export async function removePodFiles(
  pod: AssignedPod,
  { state, volumes }: { state: StateFolder; volumes: PodVolumes },
): Promise<void> {
  const { uid } = pod.metadata;
  await volumes.remove(uid, pod.spec);
  await rm(state.logFolder(pod), { recursive: true, force: true });
  await rm(state.podFolder(uid), { recursive: true, force: true });
}

/** Removes what is left of a pod, again and again until it could be. */
export async function removeUntilGone(
  { pod }: HostedRun,
  remove: () => Promise<void>,
  { timers, say }: { timers: Timers; say: Pick<Logger, 'warn'> },
): Promise<void> {
  for (;;) {
    try {
      await remove();
      return;
    } catch (err) {
      say.warn({ err, pod: pod.metadata.name }, 'what is left of a pod could not be removed yet');
    }
    await new Promise<void>((resolve) => timers.after(REMOVES_AGAIN_MS, resolve));
  }
}
