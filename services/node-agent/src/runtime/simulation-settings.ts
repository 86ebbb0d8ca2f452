import { type DelayRange, parseDelayRange } from '../delay-range.js';
import type { AssignedPod } from './runtime.js';

/** How the pods of a fleet behave. */
export interface SimulationSettings {
  start: DelayRange;
  ready: DelayRange;
  stop: DelayRange;
  /** Chance, from 0 to 1, that a pod crashes soon after it has started. */
  failureRate: number;
  events: boolean;
}

/** What annotations on one pod ask for. */
export interface PodScript {
  start: DelayRange;
  ready: DelayRange;
  stop: DelayRange;
  imageError: boolean;
  neverReady: boolean;
  crashAfterMs: number | undefined;
  exit: { afterMs: number; code: number } | undefined;
}

const PREFIX = 'simulation.everynode.io/';
const DEFAULT_CRASH_MS = 1000;

/** Reads the annotations; what they leave out, or get wrong, is as for the fleet. `random` gives numbers from 0 up to 1. */
export function scriptFor(pod: AssignedPod, settings: SimulationSettings, random: () => number): PodScript {
  const annotation = (name: string): string | undefined => pod.metadata.annotations?.[PREFIX + name];
  const delay = (name: string, fallback: DelayRange): DelayRange => {
    const value = annotation(name);
    return value !== undefined && /^\d+(-\d+)?$/.test(value) ? parseDelayRange(value) : fallback;
  };
  const number = (name: string): number | undefined => {
    const value = annotation(name);
    return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  };
  // Failures strike with the annotated probability, or always.
  const strikes = random() < (number('probability') ?? 1);
  const struckByFleet = random() < settings.failureRate;
  const exitAfterMs = number('exit-after-ms');
  return {
    start: delay('start-ms', settings.start),
    ready: delay('ready-ms', settings.ready),
    stop: delay('stop-ms', settings.stop),
    imageError: strikes && annotation('image-error') === 'true',
    neverReady: strikes && annotation('never-ready') === 'true',
    crashAfterMs: (strikes ? number('crash-after-ms') : undefined) ?? (struckByFleet ? DEFAULT_CRASH_MS : undefined),
    exit: strikes && exitAfterMs !== undefined ? { afterMs: exitAfterMs, code: number('exit-code') ?? 0 } : undefined,
  };
}
