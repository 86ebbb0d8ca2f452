export * from './commit-publisher.js';
export * from './publish-entries.js';
