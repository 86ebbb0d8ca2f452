export { approvalFaults } from './api-approval.js';
export { customResources, storedCustomResource } from './definition.js';
export { definitionFaults } from './definition-faults.js';
export { statusOf } from './names.js';
