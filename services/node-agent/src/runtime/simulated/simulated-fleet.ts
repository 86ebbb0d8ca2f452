import type { Config } from '../../config.js';
import type { NodesFile } from '../../nodes/nodes-file.js';
import { type DelayRange, NO_DELAY, parseDelayRange } from './delay-range.js';
import type { SimulationSettings } from './simulation-settings.js';

/** How the fleet's pods behave. The environment goes before the file: it is what one start changes. */
export function settingsFrom(env: Config, { simulation }: NodesFile): SimulationSettings {
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
