import { type NeededObject, neededObjects } from '@everynode/objects';
import type { PodAddresses } from '../pod-addresses.js';
import { createFailed, startTried } from '../pod-moments.js';
import { startFaults } from '../start-faults.js';
import type { SimulatedRun } from './simulated-run.js';

/** Tries in vain are told at the first, second, fourth, eighth … time: a kubelet waits twice as long each time. */
const isTold = (tries: number): boolean => (tries & (tries - 1)) === 0;

/**
 * Notes what is missing, by the newest answer, and what follows from it for each container. Returns whether there is
 * something new to report.
 */
export function noteMissing(run: SimulatedRun, missing: readonly NeededObject[]): boolean {
  const before = run.faults;
  const faults = startFaults(run.pod, neededObjects(run.pod.spec), missing);
  run.missing = missing;
  run.faults = faults;
  for (const container of run.containers) {
    const fault = faults.containers.get(container.name);
    if (fault === undefined) {
      if (before?.containers.has(container.name)) container.waiting = undefined;
    } else if (faults.volumes.size === 0) createFailed(container, fault);
  }
  if (faults.volumes.size + faults.containers.size === 0) return before !== undefined;
  run.tries += 1;
  if (!isTold(run.tries)) return false;
  startTried(run, faults);
  return true;
}

/**
 * Whether the first containers of the pod can be started. A pod whose volumes are not there has no sandbox; one whose
 * init container or sidecar cannot be created has one, and waits there.
 */
export function mayStart(run: SimulatedRun, addresses: PodAddresses): boolean {
  const { faults } = run;
  if (!faults || faults.volumes.size > 0) return false;
  const isHeld = run.containers.some(({ kind, name }) => kind !== 'main' && faults.containers.has(name));
  if (isHeld || run.containers.every(({ name }) => faults.containers.has(name))) {
    addresses.attach(run);
    return false;
  }
  return true;
}
