export { type Delay, type DelayRange, NO_DELAY, parseDelayRange } from './delay-range.js';
export type { FindMissing } from './missing-objects.js';
export { SimulatedRuntime } from './simulated-runtime.js';
export { SimulatedStreams } from './simulated-streams.js';
export { FLEET_FAILURES, type SimulationSettings } from './simulation-settings.js';
