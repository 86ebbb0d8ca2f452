export * from './backoff.js';
export * from './config.js';
export * from './health.js';
export * from './log.js';
export * from './run-service.js';
export * from './token-bucket.js';
export * from './trace.js';
