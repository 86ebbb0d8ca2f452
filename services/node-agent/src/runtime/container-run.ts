import type { Container, EphemeralContainer, ResourceRequirements } from '@everynode/objects';
import type { AssignedPod } from './runtime.js';

/** How a run of a container ended. Times are RFC 3339. */
export interface ContainerExit {
  code: number;
  reason: string;
  startedAt: string;
  finishedAt: string;
}

/** One container of a simulated pod, as it is at one moment. */
export interface ContainerRun {
  name: string;
  image: string;
  /**
   * `init` runs to its end before the next begins; `sidecar` is begun among those and runs on; `ephemeral` comes to a pod
   * that runs, and is neither waited for nor started again.
   */
  kind: 'init' | 'sidecar' | 'main' | 'ephemeral';
  /** What it has, which a resize changes while it runs. */
  resources: ResourceRequirements | undefined;
  /** Runs before this one. */
  restarts: number;
  /** Since when it runs; undefined when it does not. */
  startedAt: string | undefined;
  ready: boolean;
  /** Why it does not run yet, or again; undefined is what a kubelet says by default. */
  waiting: { reason: string; message: string } | undefined;
  /** It has ended and is not started again. */
  ended: ContainerExit | undefined;
  /** The run before this one. */
  lastExit: ContainerExit | undefined;
}

type Described = Pick<Container, 'name' | 'image' | 'resources'>;

function newRun({ name, image, resources }: Described, kind: ContainerRun['kind']): ContainerRun {
  return {
    name,
    image: image ?? '',
    kind,
    resources,
    restarts: 0,
    startedAt: undefined,
    ready: false,
    waiting: undefined,
    ended: undefined,
    lastExit: undefined,
  };
}

/** Init containers and sidecars in their order, then the others, ephemeral ones last. None has begun. */
export function containerRuns({ spec }: AssignedPod): ContainerRun[] {
  const inits = (spec.initContainers ?? []) as (Container & { restartPolicy?: string })[];
  return [
    ...inits.map((container) => newRun(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...spec.containers.map((container) => newRun(container, 'main')),
    ...((spec.ephemeralContainers ?? []) as EphemeralContainer[]).map((container) => newRun(container, 'ephemeral')),
  ];
}

/** Begins a run. It is ready at once: only main containers are waited for. */
export function begin(run: ContainerRun, at: string): void {
  run.startedAt = at;
  run.ready = run.kind === 'init' || run.kind === 'sidecar';
  run.waiting = undefined;
}

/** Ends the run, for good. */
export function end(run: ContainerRun, code: number, at: string): void {
  run.ended = { code, reason: code === 0 ? 'Completed' : 'Error', startedAt: run.startedAt ?? at, finishedAt: at };
  run.startedAt = undefined;
  run.ready = run.kind === 'init' && code === 0;
}
