export * from './own-changes.js';
export * from './publish-entries.js';
