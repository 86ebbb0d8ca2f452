export { keepsEmptyList, keepsZero } from './pointer-fields.js';
export * from './type-facts.js';
