import { type NeededObject, neededObjects } from '@everynode/objects';
import { createFailedEvents, mountFailedEvents } from '../events/kubelet-events.js';
import { type PodRun, record } from '../pod/pod-run.js';
import { startFaults } from './start-faults.js';

/** Tries in vain are told at the first, second, fourth, eighth … time: a kubelet waits twice as long each time. */
const isTold = (tries: number): boolean => (tries & (tries - 1)) === 0;

/** Notes which of the objects that the pod needs are missing, by the newest answer, and what follows from it. */
export function noteMissing(run: PodRun, missing: readonly NeededObject[]): void {
  const before = run.faults;
  const faults = startFaults(run.pod, neededObjects(run.pod.spec), missing);
  run.faults = faults;
  const hasFaults = faults.volumes.size + faults.containers.size > 0;
  if (!hasFaults && before === undefined) return;
  for (const container of run.containers) {
    const fault = faults.containers.get(container.name);
    if (fault === undefined) {
      if (before?.containers.has(container.name)) container.waiting = undefined;
    } else if (faults.volumes.size === 0 && container.stage === 'idle') {
      container.waiting = { reason: 'CreateContainerConfigError', message: fault };
    }
  }
  if (!hasFaults) {
    run.isChanged = true;
    return;
  }
  run.tries += 1;
  if (isTold(run.tries)) tell(run);
}

/** Records what keeps the pod from being started; a kubelet says it again each time that it has tried. */
function tell(run: PodRun): void {
  const { volumes, containers } = run.faults ?? { volumes: new Map(), containers: new Map() };
  for (const [volume, fault] of volumes) record(run, mountFailedEvents(volume, fault));
  if (volumes.size > 0) return;
  for (const container of run.containers) {
    const fault = containers.get(container.name);
    if (fault !== undefined) record(run, createFailedEvents(container, fault));
  }
}
