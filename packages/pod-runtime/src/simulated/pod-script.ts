import type { AssignedPod } from '@everynode/kubelet';
import { controllerOf } from '@everynode/objects';
import { type Delay, delayRangeOf, pickDelay } from './delay-range.js';
import type { SimulationSettings } from './simulation-settings.js';

/** What is going to happen to one pod. Times in ms. */
export interface PodScript {
  startMs: number;
  readyMs: number;
  stopMs: number;
  imageError: boolean;
  neverReady: boolean;
  /** The exit code of each init container that fails, by its name. */
  initFailures: ReadonlyMap<string, number>;
  /** In every run its liveness probe fails from this long after the start on; undefined: never. */
  livenessFailsMs: number | undefined;
  /** Hooks that run something; those that only sleep do that. */
  postStart: HookScript;
  preStop: HookScript;
  /**
   * In every run one container ends this long after its start, with this code; undefined: never by itself. It is the
   * first main container where none is named.
   */
  end: { afterMs: number; code: number; container: string | undefined } | undefined;
  /** The containers of a Job's pod end by themselves. */
  isOfJob: boolean;
}

/** How long a hook takes, and why it fails; undefined: it does not. */
interface HookScript {
  takesMs: number;
  fault: string | undefined;
}

const PREFIX = 'simulation.everynode.io/';
const DEFAULT_CRASH_MS = 1000;
/** An image with this tag cannot be pulled. Upstream's end-to-end tests use it for rollouts that must not finish. */
const MISSING_IMAGE = /:non-existent$/;

const wantsMissingImage = ({ spec }: AssignedPod): boolean =>
  spec.containers.some(({ image }) => MISSING_IMAGE.test(image ?? ''));

/**
 * The script of one pod, from its annotations; the fleet's settings replace what they leave out or get wrong. `random`
 * returns numbers from 0 (inclusive) to 1 (exclusive).
 */
export function scriptFor(pod: AssignedPod, settings: SimulationSettings, random: () => number): PodScript {
  const annotation = (name: string): string | undefined => pod.metadata.annotations?.[PREFIX + name];
  const delay = (name: string, fallback: Delay): number => {
    const value = annotation(name);
    return pickDelay((value !== undefined && delayRangeOf(value)) || fallback, random);
  };
  const number = (name: string): number | undefined => {
    const value = annotation(name);
    return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  };
  // Each number is drawn whether it is used or not: an annotation must not change what another one draws.
  const strikes = random() < (number('probability') ?? 1);
  const fleetFailure = random() < settings.failureRate ? settings.failure : undefined;
  const asked = (name: string): boolean => strikes && annotation(name) === 'true';
  const crashAfterMs =
    (strikes ? number('crash-after-ms') : undefined) ?? (fleetFailure === 'crash' ? DEFAULT_CRASH_MS : undefined);
  const exitAfterMs = strikes ? number('exit-after-ms') : undefined;
  const container = annotation('crash-container');
  const hook = (name: string): HookScript => ({
    takesMs: number(`${name}-ms`) ?? 0,
    fault: asked(`${name}-error`) ? 'command terminated with exit code 1' : undefined,
  });
  return {
    startMs: delay('start-ms', settings.start),
    readyMs: delay('ready-ms', settings.ready),
    stopMs: delay('stop-ms', settings.stop),
    imageError: asked('image-error') || fleetFailure === 'image-error' || wantsMissingImage(pod),
    initFailures: initFailures(pod, strikes ? number('init-exit-code') : undefined),
    neverReady: asked('never-ready') || fleetFailure === 'never-ready',
    livenessFailsMs: strikes ? number('liveness-fails-after-ms') : undefined,
    postStart: hook('post-start'),
    preStop: hook('pre-stop'),
    end:
      crashAfterMs !== undefined
        ? { afterMs: crashAfterMs, code: 1, container }
        : exitAfterMs !== undefined
          ? { afterMs: exitAfterMs, code: Math.trunc(number('exit-code') ?? 0), container }
          : undefined,
    isOfJob: controllerOf(pod.metadata)?.kind === 'Job',
  };
}

/** Programs that do nothing but exit: what they are asked for is simulated exactly. */
const EXIT_CODES: ReadonlyMap<string, number> = new Map([
  ['false', 1],
  ['/bin/false', 1],
  ['/usr/bin/false', 1],
]);

/** The first init container fails with the code that the annotation names, and each one that runs `false` fails too. */
function initFailures({ spec }: AssignedPod, asked: number | undefined): ReadonlyMap<string, number> {
  const failures = new Map<string, number>();
  const ordinary = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy !== 'Always');
  for (const { name, command } of ordinary) {
    const code = command?.length === 1 ? EXIT_CODES.get(command[0] ?? '') : undefined;
    if (code !== undefined) failures.set(name, code);
  }
  const [first] = ordinary;
  if (first && asked !== undefined && asked > 0) failures.set(first.name, Math.trunc(asked));
  return failures;
}
