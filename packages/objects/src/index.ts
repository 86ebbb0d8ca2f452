export * from './api-error.js';
export * from './field-error.js';
export * from './kube-object.js';
export * from './quantity/index.js';
export * from './record.js';
export * from './resource.js';
export * from './schema/index.js';
export * from './selectors/index.js';
