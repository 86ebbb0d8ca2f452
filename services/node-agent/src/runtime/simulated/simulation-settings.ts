import type { AssignedPod } from '../runtime.js';
import { type DelayRange, delayRangeOf, pickDelay } from './delay-range.js';

/** How pods fail that the fleet-wide failure rate strikes. */
export const FLEET_FAILURES = ['crash', 'image-error', 'never-ready'] as const;
export type FleetFailure = (typeof FLEET_FAILURES)[number];

/** How the pods of a fleet behave. */
export interface SimulationSettings {
  start: DelayRange;
  ready: DelayRange;
  stop: DelayRange;
  /** Chance, from 0 to 1, that `failure` strikes a pod. */
  failureRate: number;
  failure: FleetFailure;
  events: boolean;
}

/** What is going to happen to one pod. Times in ms. */
export interface PodScript {
  startMs: number;
  readyMs: number;
  stopMs: number;
  imageError: boolean;
  neverReady: boolean;
  /** The first container ends by itself, so long after it has started and with this code, in every run. */
  end: { afterMs: number; code: number } | undefined;
}

const PREFIX = 'simulation.everynode.io/';
const DEFAULT_CRASH_MS = 1000;
/** An image with this tag is nowhere to be had. Upstream's end-to-end tests start rollouts with it that are not to finish. */
const MISSING_IMAGE = /:non-existent$/;

const wantsMissingImage = ({ spec }: AssignedPod): boolean =>
  spec.containers.some(({ image }) => MISSING_IMAGE.test(image ?? ''));

/** Reads the annotations; what they leave out, or get wrong, is as for the fleet. `random` gives numbers from 0 up to 1. */
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
  // Each number is drawn whether it is used or not, so that one annotation does not change what another one meets.
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
