export * from './cached-object.js';
export * from './object-cache.js';
export * from './reflector.js';
export * from './workqueue.js';
