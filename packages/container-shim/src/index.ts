export { findShim, ShimMissingError } from './find-shim.js';
export { type ContainerExitRecord, claimForNobody, type RunFolderState, readRunFolder } from './run-folder.js';
export { type ExecResult, killRun, onShimEnd, Shim, signalRun } from './shim.js';
export type { ContainerSpec, MountSpec, ProcessSpec, RunningProcess } from './shim-words.js';
