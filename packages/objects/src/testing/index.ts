export { defineResource } from '../resources/define-resource.js';
export { CAUSE_REASONS, FIELD_ERROR_TEXTS, STATUS_REASONS } from '../status-reasons.js';
export { genericTable } from '../table/index.js';
export { anyObject } from './arbitrary-object.js';
