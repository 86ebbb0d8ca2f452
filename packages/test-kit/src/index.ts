export { createDatabase, startTestNats, type TestDatabase } from './backends.js';
export { eventually } from './eventually.js';
