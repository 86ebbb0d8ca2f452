export { CachedObject, type KindName } from './cache/cached-object.js';
export { type Indexer, isChangeOf, ObjectCache, type ObjectChange } from './cache/object-cache.js';
export { Reflector } from './reflector/reflector.js';
export type { ReflectorListener, ReflectorOptions } from './reflector/reflector-options.js';
export { type ReconcileResult, Workqueue } from './workqueue/workqueue.js';
