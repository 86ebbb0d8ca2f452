export { findResource, resourceByKind, resourceByStorage, resources } from './registry.js';
