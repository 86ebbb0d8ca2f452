export { customResources, storedCustomResource } from './definition.js';
export { asSchema } from './facts.js';
export { statusOf } from './names.js';
export { schemaFaults } from './schema-faults.js';
