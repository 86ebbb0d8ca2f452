import type { ContainerRun } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import type { PodRun } from '../pod/pod-run.js';
import type { Effect } from '../sync/effects.js';
import { type ProbeWorker, tickFrom } from './probe-worker.js';

/**
 * Whether a worker has something to do in this run of its container: the startup probe until it has passed, the others
 * after that. What is to stop is probed for its readiness only. Source: pkg/kubelet/prober/worker.go, doProbe.
 */
function isActive({ kind, onHold, isBusy }: ProbeWorker, { stage, started }: ContainerRun): boolean {
  if (onHold || isBusy || (stage !== 'running' && kind !== 'readiness')) return false;
  return started === (kind !== 'startup');
}

/** Begins the tries that are due, and returns when the next one is. */
export function beginProbes(run: PodRun, now: Moment, effects: Effect[]): number {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const container of run.containers) {
    if (container.workers.length === 0 || (container.stage !== 'running' && container.stage !== 'stopping')) continue;
    for (const worker of container.workers) {
      if (!isActive(worker, container)) continue;
      const atMs = tickFrom(worker, Math.max(worker.dueMs, container.startedMs + worker.spec.initialDelayMs));
      if (atMs > now.ms) {
        nextMs = Math.min(nextMs, atMs);
        continue;
      }
      worker.isBusy = true;
      worker.dueMs = tickFrom(worker, now.ms + 1);
      effects.push({ kind: 'probe', container, worker });
    }
  }
  return nextMs;
}
