export { createDatabase, startTestNats, type TestDatabase, type TestNats } from './backends.js';
export { eventually } from './eventually.js';
