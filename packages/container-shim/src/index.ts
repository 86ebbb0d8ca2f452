export { findShim } from './find-shim.js';
export { type ContainerExitRecord, claimRun, readRunFolder } from './run-folder.js';
export { killRun, onShimEnd, Shim, signalRun } from './shim.js';
export type { ContainerSpec, MountSpec, ProcessSpec, RunningProcess } from './shim-words.js';
