import type { ObservedExit } from './answers/running.js';
import type { PullResult, SandboxResult } from './answers/starting.js';
import type { ContainerRun } from './pod/container-run.js';
import type { PodRun } from './pod/pod-run.js';
import type { ProbeKind, ProbeOutcome } from './probes/probe-worker.js';
import type { ContainerIds } from './status/container-status.js';

/** How a start went: `exited` is called once, when the run that was started has ended. */
export type StartResult = { fault: undefined } | { fault: string; reason?: string; isCreated: boolean };

/**
 * What runs containers. Every call returns at once, and calls `done` once: before it returns, or later. A pod that is
 * dropped meanwhile needs no answer.
 */
export interface ContainerRuntime<Run extends PodRun = PodRun> {
  readonly ids: ContainerIds;
  /** Makes what the containers of a pod share: its address and its volumes. What is there already is kept. */
  makeSandbox(run: Run, done: (result: SandboxResult) => void): void;
  /** Nothing of the pod runs: removes what is left of it. The sandbox may still be in the making. */
  removeSandbox(run: Run, done: () => void): void;
  /** Whether the image of the container is on this machine. */
  hasImage(run: Run, container: ContainerRun, done: (isPresent: boolean) => void): void;
  pullImage(run: Run, container: ContainerRun, done: (result: PullResult) => void): void;
  /** Creates and starts the run of a container with the number `instance`. */
  start(
    run: Run,
    container: ContainerRun,
    instance: number,
    done: (result: StartResult) => void,
    exited: (exit: ObservedExit) => void,
  ): void;
  /** Sends the signal, and kills what still runs after `graceMs`. A later call can only bring that forward. */
  stop(run: Run, container: ContainerRun, signal: string, graceMs: number): void;
  /** Runs a hook that is not a sleep. `done` receives why it failed. */
  runHook(
    run: Run,
    container: ContainerRun,
    hook: 'postStart' | 'preStop',
    timeoutMs: number | undefined,
    done: (fault: string | undefined) => void,
  ): void;
  /** Tries a probe once, within its timeout. */
  probe(run: Run, container: ContainerRun, kind: ProbeKind, done: (outcome: ProbeOutcome) => void): void;
}
