import {
  type AssignedPod,
  type ContainerRun,
  type KubeletNode,
  type Moment,
  newWorker,
  PodRun,
} from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import type { HostedNode } from '../../nodes/hosted-nodes.js';
import { LoopedPod } from '../pod-loop.js';
import type { LiveContainer } from './live-container.js';
import type { PodScript } from './pod-script.js';
import type { PodState } from './pod-state.js';

/** A simulated pod: what every runtime keeps of one, and what is going to happen to it. */
export class SimulatedRun extends PodRun {
  readonly hosted: HostedNode;
  readonly script: PodScript;
  readonly loop = new LoopedPod();
  /** What is shown of it to people; see pod-state.ts. */
  state: PodState = 'creating';
  /** What it needs and is not there, by the last answer. */
  missing: readonly NeededObject[] = [];
  /** The containers that run, by name. */
  readonly live = new Map<string, LiveContainer>();

  constructor(
    pod: AssignedPod,
    { hosted, node }: { hosted: HostedNode; node: KubeletNode },
    containers: ContainerRun[],
    script: PodScript,
    now: Moment,
  ) {
    super(pod, node, containers, now);
    this.hosted = hosted;
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
