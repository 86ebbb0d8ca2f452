/** Runs a cluster, breaks it, and checks what its clients saw. */
export { FAULTS } from './faults/index.js';
export { type RunOptions, type RunResult, runFaults } from './run/run.js';
