export * from './cache/cached-object.js';
export * from './cache/object-cache.js';
export * from './reflector/reflector.js';
export * from './workqueue/workqueue.js';
