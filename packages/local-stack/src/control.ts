/** The small door: a client of a running stack, without the parts that start one. It loads in a few milliseconds. */
export { ControlClient } from './control-channel.js';
export { COMMANDS } from './installation.js';
export type { Taint } from './services/fleet.js';
export type { StackStatus } from './stack-status.js';
export { knownAddresses } from './state/known-addresses.js';
export { type StatePaths, statePaths } from './state/state-directory.js';
