export { deletionRulesOf, findResource, resourceByStorage, resources } from './registry.js';
