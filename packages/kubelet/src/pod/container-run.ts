import type { Container, EphemeralContainer, ResourceRequirements } from '@everynode/objects';
import { type ProbeSpec, type ProbeWorker, workersOf } from '../probes/probe-worker.js';
import type { Backoff } from '../restarts/backoff.js';
import type { AssignedPod } from './assigned-pod.js';

/** How a run of a container ended. Times are RFC 3339. */
export interface ContainerExit {
  code: number;
  reason: string;
  message?: string;
  startedAt: string;
  finishedAt: string;
}

/**
 * `init` runs to its end before the next container starts; `sidecar` starts in the order of the init containers and
 * keeps running; `ephemeral` is added to a running pod, does not count for readiness and is never restarted.
 */
type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';

/**
 * What is being done about a container. `idle`: nothing, it has not begun or has ended. `checking`: is its image there?
 * `pulling`, `creating`: on the way to a run. `post-start`: it runs, and is not counted as running before its hook is
 * done. `stopping`: it runs, and is to end.
 */
type ContainerStage = 'idle' | 'checking' | 'pulling' | 'creating' | 'post-start' | 'running' | 'stopping';

/** The stop of one run. In ms, monotonic. */
interface ContainerStop {
  /** From `fromMs` on it has this long. */
  graceMs: number;
  fromMs: number;
  /** `hook`: before its stop hook; `in-hook`; `turn`: others have to end first; `signalled`: it has the signal. */
  step: 'hook' | 'in-hook' | 'turn' | 'signalled';
  /** When the step began. */
  stepMs: number;
  /** When a hook that only sleeps is over; infinite for others. */
  sleptMs: number;
  /** When it is killed; only once it has the signal. */
  killMs: number;
  /** Whether the runtime knows of `killMs`. */
  isSent: boolean;
}

/** One container of a pod that runs, at one moment. Times in ms are monotonic, others RFC 3339. */
export interface ContainerRun {
  spec: Container | EphemeralContainer;
  readonly name: string;
  image: string;
  readonly kind: ContainerKind;
  /** Resources that it has now; a resize changes them while it runs. */
  resources: ResourceRequirements | undefined;
  stage: ContainerStage;
  /** Whether the runtime was asked for what the stage is about. */
  isAsked: boolean;
  /** Counts what was begun: an answer to something earlier is outdated. */
  attempt: number;
  /** Number of runs before this one. */
  restarts: number;
  /** When it started; undefined while it does not run. */
  startedAt: string | undefined;
  startedMs: number;
  /** The start hook of this run. `due`: it is to be run; `busy`: it runs, or sleeps until `sleptMs`. */
  startHook: 'none' | 'due' | 'busy';
  sleptMs: number;
  /** Why the start hook failed. */
  hookFault: string | undefined;
  ready: boolean;
  /** False while it waits for its startup probe; only meaningful while it runs. */
  started: boolean;
  /** Whether it was started at any time: what is behind a sidecar in the order waits for that. */
  wasStarted: boolean;
  /** Why it does not run yet, or no longer; undefined: what else is known says it. */
  waiting: { reason: string; message: string } | undefined;
  /** How the newest run ended. */
  exit: ContainerExit | undefined;
  exitMs: number;
  /** How the run before the newest one ended. */
  lastExit: ContainerExit | undefined;
  lastExitMs: number;
  /** Whether the kubelet itself ended the newest run to start it anew. */
  isReplaced: boolean;
  restartBackoff: Backoff | undefined;
  pullBackoff: Backoff | undefined;
  /** Why the last pull failed. */
  pullFault: string | undefined;
  /** Nothing is begun before. */
  heldUntilMs: number;
  stop: ContainerStop | undefined;
  workers: ProbeWorker[];
}

function newRun(spec: Container | EphemeralContainer, kind: ContainerKind, workers: ProbeWorker[]): ContainerRun {
  return {
    spec,
    name: spec.name,
    image: spec.image ?? '',
    kind,
    resources: spec.resources,
    stage: 'idle',
    isAsked: false,
    attempt: 0,
    restarts: 0,
    startedAt: undefined,
    startedMs: 0,
    startHook: 'none',
    sleptMs: Number.POSITIVE_INFINITY,
    hookFault: undefined,
    ready: false,
    started: false,
    wasStarted: false,
    waiting: undefined,
    exit: undefined,
    exitMs: 0,
    lastExit: undefined,
    lastExitMs: 0,
    isReplaced: false,
    restartBackoff: undefined,
    pullBackoff: undefined,
    pullFault: undefined,
    heldUntilMs: Number.NEGATIVE_INFINITY,
    stop: undefined,
    workers,
  };
}

/**
 * Init containers and sidecars in their order, then main containers, then ephemeral ones. None has started. Probe
 * workers tick from `fromMs` on; `offsetMs` returns how much later the first tick of one is.
 */
export function containerRuns(
  { spec }: AssignedPod,
  fromMs: number,
  offsetMs: (spec: ProbeSpec) => number = () => 0,
): ContainerRun[] {
  const workers = (container: Container) => workersOf(container, fromMs, offsetMs);
  return [
    ...(spec.initContainers ?? []).map((container) =>
      container.restartPolicy === 'Always'
        ? newRun(container, 'sidecar', workers(container))
        : newRun(container, 'init', []),
    ),
    ...spec.containers.map((container) => newRun(container, 'main', workers(container))),
    ...(spec.ephemeralContainers ?? []).map((container) => newRun(container, 'ephemeral', [])),
  ];
}

/** Whether there is a run of the container. */
export const isLive = ({ stage }: ContainerRun): boolean =>
  stage === 'running' || stage === 'stopping' || stage === 'post-start';

/** Whether its status shows that it runs: a kubelet says so when the start hook is done. */
export const isShownRunning = ({ stage, startedAt }: ContainerRun): boolean =>
  startedAt !== undefined && (stage === 'running' || stage === 'stopping');

/** Whether a container runs or has run. */
export const hasBegun = (run: ContainerRun): boolean => isShownRunning(run) || run.exit !== undefined;

/** The newest run counts from here on: before its start hook is done, the status is about the run before it. */
export function countRun(run: ContainerRun): void {
  if (!run.exit) return;
  run.restarts += 1;
  run.lastExit = run.exit;
  run.lastExitMs = run.exitMs;
  run.exit = undefined;
}

/** The number that the next run of the container has. */
export const nextInstance = ({ exit, restarts }: ContainerRun): number => restarts + (exit ? 1 : 0);

/** The hook of a container; ephemeral containers have none. */
export const hookOf = ({ spec }: ContainerRun, hook: 'postStart' | 'preStop') => spec.lifecycle?.[hook];
