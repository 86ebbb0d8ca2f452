export { customResources } from './definition.js';
export { asSchema } from './facts.js';
export { conditionOf, statusOf, withCondition } from './names.js';
export { schemaFaults } from './schema-faults.js';
