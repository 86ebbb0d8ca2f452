import { type AssignedPod, type ContainerRun, type Moment, newWorker } from '@everynode/kubelet';
import { HostedRun, type Placement } from '../hosted-run.js';
import type { LiveContainer } from './live-container.js';
import type { PodScript } from './pod-script.js';

/** A simulated pod: what every runtime keeps of one, and what is going to happen to it. */
export class SimulatedRun extends HostedRun {
  readonly script: PodScript;
  /** The containers that run, by name. */
  readonly live = new Map<string, LiveContainer>();

  constructor(pod: AssignedPod, placement: Placement, containers: ContainerRun[], script: PodScript, now: Moment) {
    super(pod, placement, containers, now);
    this.script = script;
    for (const container of containers) if (container.kind === 'main') withoutProbe(container, script, now.ms);
  }
}

const PERIOD_MS = 10_000;

/**
 * A main container without a readiness probe is ready as soon as it runs. One that is to become ready later, or never,
 * is simulated as if it had a probe: it is tried when it can first pass.
 */
function withoutProbe(container: ContainerRun, { readyMs, neverReady }: PodScript, nowMs: number): void {
  if ((readyMs === 0 && !neverReady) || container.workers.some(({ kind }) => kind === 'readiness')) return;
  const periodMs = neverReady || readyMs === 0 ? PERIOD_MS : readyMs;
  const spec = { initialDelayMs: readyMs, periodMs, successThreshold: 1, failureThreshold: 1 };
  container.workers.push(newWorker('readiness', spec, nowMs));
}
