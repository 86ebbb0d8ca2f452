import type { Container, ResourceRequirements } from '@everynode/objects';
import type { AssignedPod } from './runtime.js';

/** How a run of a container ended. Times are RFC 3339. */
export interface ContainerExit {
  code: number;
  reason: string;
  startedAt: string;
  finishedAt: string;
}

/** One container of a pod that runs, at one moment. */
export interface ContainerRun {
  name: string;
  image: string;
  /**
   * `init` runs to its end before the next container starts; `sidecar` starts in the order of the init containers and
   * keeps running; `ephemeral` is added to a running pod, does not count for readiness and is never restarted.
   */
  kind: 'init' | 'sidecar' | 'main' | 'ephemeral';
  /** Resources that it has now; a resize changes them while it runs. */
  resources: ResourceRequirements | undefined;
  /** Number of runs before this one. */
  restarts: number;
  /** When it started; undefined while it does not run. */
  startedAt: string | undefined;
  ready: boolean;
  /** False while it waits for its startup probe; only meaningful while it runs. */
  started: boolean;
  /** Whether it has a startup probe. */
  startsByProbe: boolean;
  /** Why it does not run yet, or no longer; undefined stands for a kubelet's default reason. */
  waiting: { reason: string; message: string } | undefined;
  /** How it ended, when it is not to be restarted. */
  ended: ContainerExit | undefined;
  /** How it has just ended, when it is to be restarted and does not wait for that yet. */
  crashed: ContainerExit | undefined;
  /** How the run before this one ended. */
  lastExit: ContainerExit | undefined;
}

type Described = Pick<Container, 'name' | 'image' | 'resources' | 'startupProbe'>;

function newRun({ name, image, resources, startupProbe }: Described, kind: ContainerRun['kind']): ContainerRun {
  return {
    name,
    image: image ?? '',
    kind,
    resources,
    restarts: 0,
    startedAt: undefined,
    ready: false,
    started: false,
    startsByProbe: startupProbe !== undefined && kind === 'main',
    waiting: undefined,
    ended: undefined,
    crashed: undefined,
    lastExit: undefined,
  };
}

/** Init containers and sidecars in their order, then main containers, then ephemeral ones. None has started. */
export function containerRuns({ spec }: AssignedPod): ContainerRun[] {
  return [
    ...(spec.initContainers ?? []).map((container) =>
      newRun(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    ),
    ...spec.containers.map((container) => newRun(container, 'main')),
    ...(spec.ephemeralContainers ?? []).map((container) => newRun(container, 'ephemeral')),
  ];
}

/** Starts a run. Init containers and sidecars are ready at once; main containers become ready later. */
export function begin(run: ContainerRun, at: string): void {
  concludeCrash(run);
  run.startedAt = at;
  run.ready = run.kind === 'init' || run.kind === 'sidecar';
  run.started = !run.startsByProbe;
  run.waiting = undefined;
}

/** The run that has crashed is the last one from now on: the next one waits, or starts. */
export function concludeCrash(run: ContainerRun): void {
  run.lastExit = run.crashed ?? run.lastExit;
  run.crashed = undefined;
}

/** Ends the container for good. */
export function end(run: ContainerRun, code: number, at: string): void {
  run.ended = { code, reason: code === 0 ? 'Completed' : 'Error', startedAt: run.startedAt ?? at, finishedAt: at };
  run.startedAt = undefined;
  run.ready = run.kind === 'init' && code === 0;
}
