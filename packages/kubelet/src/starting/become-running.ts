import { type ContainerRun, countRun } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import type { PodRun } from '../pod/pod-run.js';
import { beginRun, tickAt } from '../probes/probe-worker.js';

/** The container runs, and its start hook is done. */
export function becomeRunning(run: PodRun, container: ContainerRun, now: Moment): void {
  countRun(container);
  container.stage = 'running';
  container.startHook = 'none';
  container.waiting = undefined;
  run.isChanged = true;
  let hasStartupProbe = false;
  for (const worker of container.workers) {
    beginRun(worker);
    if (worker.kind === 'startup') hasStartupProbe = true;
  }
  if (!hasStartupProbe) becomeStarted(container, now);
}

/** It counts as started. Its readiness is looked at at once. */
export function becomeStarted(container: ContainerRun, now: Moment): void {
  container.started = true;
  container.wasStarted = true;
  const readiness = container.workers.find(({ kind }) => kind === 'readiness');
  if (readiness) tickAt(readiness, now.ms);
  else container.ready = container.kind === 'main' || container.kind === 'sidecar';
}
