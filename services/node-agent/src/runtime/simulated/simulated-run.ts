import { type NeededObject, timestamp } from '@everynode/objects';
import type { HostedNode } from '../../nodes/hosted-nodes.js';
import type { ContainerRun } from '../container-run.js';
import type { PodFailure } from '../pod-failure.js';
import { PodRun } from '../pod-run.js';
import { type ProbeTimes, probeTimes } from '../probe-times.js';
import type { AssignedPod } from '../runtime.js';
import type { StartFaults } from '../start-faults.js';
import type { Clock } from '../timers.js';
import type { PodScript } from './pod-script.js';
import type { StageFacts, Step } from './stages.js';

/**
 * What a run is made of. `step` is where a pod that ran before is taken over; undefined for one that is to be started.
 */
interface NewSimulatedRun {
  pod: AssignedPod;
  node: HostedNode;
  containers: ContainerRun[];
  step: Step | undefined;
  script: PodScript;
}

/** A simulated pod: what every runtime keeps of one, and what is going to happen to it. */
export class SimulatedRun extends PodRun {
  readonly script: PodScript;
  step: Step | 'stopping';
  /** Counts changes of the step: a timer that was set before the last one does nothing. */
  turn = 0;
  /** When its main containers last started, in ms on the monotonic clock. */
  begunAtMs: number;
  /** What is known to keep it from starting; undefined while the control plane has not answered. */
  faults: StartFaults | undefined;
  /** What it needs and is not there, by the last answer. */
  missing: readonly NeededObject[] = [];
  /** How often its start was tried in vain. */
  tries = 0;
  /** When the probes of the main containers pass, by name. */
  readonly probes: ReadonlyMap<string, ProbeTimes>;
  /** When its deadline passes, in ms on the monotonic clock; undefined without one. */
  readonly expiresAtMs: number | undefined;
  /** Failures in a row, for the back-off. */
  failedPulls = 0;
  crashes = 0;
  /** When a stop ends at the latest, in ms on the monotonic clock; infinite while it is not to stop. */
  stopsAtMs = Number.POSITIVE_INFINITY;

  constructor({ pod, node, containers, step, script }: NewSimulatedRun, clock: Clock) {
    super(pod, node, containers, timestamp(clock.wallTime()));
    this.script = script;
    this.step = step ?? 'creating';
    this.failure = failureOf(pod);
    this.probes = new Map(pod.spec.containers.map((each) => [each.name, probeTimes(each, script.readyMs)]));
    const { activeDeadlineSeconds } = pod.spec;
    if (activeDeadlineSeconds != null) {
      const activeMs = Math.max(0, clock.wallTime() - Date.parse(this.acceptedAt)) || 0;
      this.expiresAtMs = clock.now() - activeMs + activeDeadlineSeconds * 1000;
    }
    // The time of a container that an earlier process started is a wall time: it counts as no more than its age here.
    const startedMs = Date.parse(containers.find(isMain)?.startedAt ?? '');
    this.begunAtMs = clock.now() - (Math.max(0, clock.wallTime() - startedMs) || 0);
  }
}

/** Why a pod that ran before has failed as a whole. */
function failureOf({ status }: AssignedPod): PodFailure | undefined {
  const { phase, reason, message = '', containerStatuses } = status ?? {};
  if (phase !== 'Failed' || reason === undefined) return undefined;
  return { reason, message, rejected: !containerStatuses?.length };
}

const isMain = ({ kind }: ContainerRun): boolean => kind === 'main';

/** What decides on the next stage of a run. `nowMs` is on the monotonic clock. */
export function stageFacts(run: SimulatedRun, nowMs: number): StageFacts {
  let initCount = 0;
  let initsLeft = 0;
  let initFailure: number | undefined;
  for (const { kind, name, ended, startedAt } of run.containers) {
    if (kind !== 'init') continue;
    initCount += 1;
    if (!ended && startedAt === undefined) initsLeft += 1;
    if (startedAt !== undefined) initFailure = run.script.initFailures.get(name);
  }
  return {
    script: run.script,
    initCount,
    initsLeft,
    failedPulls: run.failedPulls,
    crashes: run.crashes,
    ranMs: nowMs - run.begunAtMs,
    restartPolicy: run.pod.spec.restartPolicy ?? 'Always',
    initFailure,
    ...nextProbe(run),
    deadlineInMs: run.expiresAtMs === undefined ? undefined : run.expiresAtMs - nowMs,
  };
}

/** The changes that the probes of main containers still bring, in ms since they started. */
function nextProbe({ containers, probes }: SimulatedRun): Pick<StageFacts, 'nextProbeMs' | 'isLastProbe'> {
  let next = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const container of containers) {
    const times = probes.get(container.name);
    if (!isMain(container) || container.startedAt === undefined || container.ready || !times) continue;
    next = Math.min(next, container.started ? times.readyMs : times.startedMs);
    last = Math.max(last, times.readyMs);
  }
  return { nextProbeMs: next === Number.POSITIVE_INFINITY ? undefined : next, isLastProbe: next >= last };
}
