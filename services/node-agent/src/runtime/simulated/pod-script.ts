import type { AssignedPod } from '../runtime.js';
import { type DelayRange, delayRangeOf, pickDelay } from './delay-range.js';
import type { SimulationSettings } from './simulation-settings.js';

/** What is going to happen to one pod. Times in ms. */
export interface PodScript {
  startMs: number;
  readyMs: number;
  stopMs: number;
  imageError: boolean;
  neverReady: boolean;
  /**
   * In every run the first main container ends this long after its start, with this code; undefined: never by itself.
   */
  end: { afterMs: number; code: number } | undefined;
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
  const delay = (name: string, fallback: DelayRange): number => {
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
  return {
    startMs: delay('start-ms', settings.start),
    readyMs: delay('ready-ms', settings.ready),
    stopMs: delay('stop-ms', settings.stop),
    imageError: asked('image-error') || fleetFailure === 'image-error' || wantsMissingImage(pod),
    neverReady: asked('never-ready') || fleetFailure === 'never-ready',
    end:
      crashAfterMs !== undefined
        ? { afterMs: crashAfterMs, code: 1 }
        : exitAfterMs !== undefined
          ? { afterMs: exitAfterMs, code: Math.trunc(number('exit-code') ?? 0) }
          : undefined,
  };
}
