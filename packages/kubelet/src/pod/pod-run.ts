import type { PodStatus } from '@everynode/objects';
import type { PodOccurrence } from '../events/kubelet-events.js';
import type { SpamBucket } from '../events/spam-filter.js';
import type { StartFaults } from '../starting/start-faults.js';
import type { AssignedPod } from './assigned-pod.js';
import { type ContainerRun, isLive } from './container-run.js';
import type { KubeletNode } from './kubelet-node.js';
import { ageMs, type Moment } from './moment.js';
import type { PodFailure } from './pod-failure.js';

/** The end of a pod. In ms, monotonic. */
export interface PodEnding {
  /** `deleted`: its object is to go when all of it is gone; `over`: it has come to its end by itself. */
  why: 'deleted' | 'over';
  graceMs: number;
  fromMs: number;
}

/**
 * A pod that a runtime runs, at one moment. Every runtime keeps this much of a pod. It is a class so that all runs have
 * one shape, made once: a rollout makes thousands.
 */
export class PodRun {
  /** The newest form of the object. */
  pod: AssignedPod;
  readonly node: KubeletNode;
  /** Init containers and sidecars in their order, then main containers, then ephemeral ones. */
  containers: ContainerRun[];
  /** What there is of what the containers share: addresses, volumes. */
  sandbox: 'none' | 'making' | 'ready' | 'removing' | 'removed' = 'none';
  /** How often the sandbox could not be made in a row, and until when the next try waits. In ms, monotonic. */
  sandboxTries = 0;
  sandboxHeldUntilMs = Number.NEGATIVE_INFINITY;
  /** Set once the pod's sandbox exists. */
  ip: string | undefined = undefined;
  /** What is known to keep it from starting; undefined while that is not known. */
  faults: StartFaults | undefined = undefined;
  /** How often its start was tried in vain. */
  tries = 0;
  /** Why the node cannot provide the resources that the pod asks for; undefined when it can. */
  infeasible: string | undefined = undefined;
  /** Set once the pod has failed as a whole. */
  failure: PodFailure | undefined = undefined;
  ending: PodEnding | undefined = undefined;
  /** When an agent accepted the pod for the first time. RFC 3339. */
  readonly acceptedAt: string;
  /** When it became active, as far as this process can tell. Ms, monotonic. */
  readonly #activeMs: number;
  /** The status of the last report. */
  status: PodStatus | undefined = undefined;
  /** Events since the last report. */
  occurrences: PodOccurrence[] = [];
  spam: SpamBucket | undefined = undefined;
  /** Whether there is anything that the last report did not say. */
  isChanged = true;

  /** A run without a sandbox. */
  constructor(pod: AssignedPod, node: KubeletNode, containers: ContainerRun[], now: Moment) {
    this.pod = pod;
    this.node = node;
    this.containers = containers;
    this.acceptedAt = String(pod.status?.startTime ?? now.at);
    // The start that an earlier process noted is a wall time: it counts as no more than its age here.
    this.#activeMs = now.ms - ageMs(this.acceptedAt, now);
  }

  /** When its deadline passes, in ms, monotonic; infinite without one. A running pod may get one, or a shorter one. */
  get expiresMs(): number {
    const { activeDeadlineSeconds } = this.pod.spec;
    return activeDeadlineSeconds == null ? Number.POSITIVE_INFINITY : this.#activeMs + activeDeadlineSeconds * 1000;
  }
}

/** Adds events to what is to be reported, with a status that has changed. */
export function record(run: PodRun, occurrences: readonly PodOccurrence[]): void {
  run.isChanged = true;
  tell(run, occurrences);
}

/** Adds events to what is to be reported. */
export function tell(run: PodRun, occurrences: readonly PodOccurrence[]): void {
  run.occurrences.push(...occurrences);
}

/** Whether something of the pod runs, or is about to. */
export const mayRun = ({ containers }: PodRun): boolean =>
  containers.some((container) => isLive(container) || container.stage === 'creating');

/** Whether the pod has come to its end, and nothing of it runs. */
export const isOver = (run: PodRun): boolean => run.ending !== undefined && !mayRun(run);
