export { CAUSE_REASONS, FIELD_ERROR_TEXTS, STATUS_REASONS } from '../status-reasons.js';
