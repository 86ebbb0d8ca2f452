export * from './decide-deletion.js';
export * from './delete-options.js';
export * from './pod-deletion.js';
