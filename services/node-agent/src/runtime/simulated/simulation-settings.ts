import {
  type DelayRange,
  FLEET_FAILURES,
  NO_DELAY,
  parseDelayRange,
  type SimulationSettings,
} from '@everynode/pod-runtime/simulated';
import { type Static, Type } from 'typebox';
import type { Config } from '../../config.js';

const Delay = Type.Union([Type.String(), Type.Number()]);

/** `simulation` in the nodes file. Delays are in ms: `200`, or `200-800`. */
export const SimulationInFile = Type.Object(
  {
    startMs: Type.Optional(Delay),
    readyMs: Type.Optional(Delay),
    stopMs: Type.Optional(Delay),
    failureRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    failure: Type.Optional(Type.Union(FLEET_FAILURES.map((failure) => Type.Literal(failure)))),
  },
  { additionalProperties: false },
);

/**
 * Settings of the fleet. The environment overrides the file: it is what one start changes.
 * @throws Error for a delay that cannot be read.
 */
export function settingsFrom(env: Config, simulation: Static<typeof SimulationInFile> | undefined): SimulationSettings {
  const delay = (own: string | undefined, shared: string | number | undefined): DelayRange => {
    const value = own ?? shared;
    return value === undefined ? NO_DELAY : parseDelayRange(value);
  };
  return {
    start: delay(env.EVERYNODE_SIM_START_MS, simulation?.startMs),
    ready: delay(env.EVERYNODE_SIM_READY_MS, simulation?.readyMs),
    stop: delay(env.EVERYNODE_SIM_STOP_MS, simulation?.stopMs),
    failureRate: env.EVERYNODE_SIM_FAILURE_RATE ?? simulation?.failureRate ?? 0,
    failure: simulation?.failure ?? 'crash',
    events: env.EVERYNODE_SIM_EVENTS,
  };
}
