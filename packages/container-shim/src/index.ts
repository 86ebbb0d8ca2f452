export { findShim } from './find-shim.js';
export { isSameProcess, startTimeOf } from './processes.js';
export { type ContainerExitRecord, claimRun, readRunFolder } from './run-folder.js';
export { killRun, onShimEnd, Shim, signalRun } from './shim.js';
export type { ContainerSpec, MountSpec, ProcessSpec, RunningProcess } from './shim-words.js';
