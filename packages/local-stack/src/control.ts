/** The small door: a client of a running stack, without the parts that start one. It loads in a few milliseconds. */
export { ControlClient } from './control-channel.js';
export type { Taint } from './services/fleet.js';
export { type StatePaths, statePaths } from './state/state-directory.js';
