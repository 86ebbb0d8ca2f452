export { keepsEmptyList, keepsZero, omitsDefault } from './pointer-fields.js';
export * from './type-facts.js';
