/** The small door: a client of a running stack, without the parts that start one. It loads in a few milliseconds. */
export {
  type AddedNodes,
  ControlClient,
  type NodesRequest,
  NotRunningError,
} from './control-channel.js';
export type { Taint } from './services/fleet.js';
export type { StackStatus } from './stack-status.js';
export { type StatePaths, statePaths } from './state/state-directory.js';
