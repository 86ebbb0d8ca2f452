export { findResource, resourceByStorage, resources } from './registry.js';
