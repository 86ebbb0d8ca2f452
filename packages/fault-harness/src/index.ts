/** Runs a cluster, breaks it, and checks what its clients saw. */
export { FAULTS, FIRST_FAULTS } from './faults/index.js';
export { runFaults } from './run/run.js';
