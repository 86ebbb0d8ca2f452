export { defineResource } from '../src/resources/define-resource.js';
export { CAUSE_REASONS, FIELD_ERROR_TEXTS, STATUS_REASONS } from '../src/status-reasons.js';
export { genericTable } from '../src/table/index.js';
export { anyObject } from './arbitrary-object.js';
export { sampleObject } from './sample-objects.js';
