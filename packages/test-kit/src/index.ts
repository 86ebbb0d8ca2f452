export { createDatabase, startTestNats, type TestDatabase, type TestNats } from './backends.js';
export { eventually } from './eventually.js';
export { findKubectl } from './find-kubectl.js';
export { Kubectl, type KubectlResult, parseTable } from './kubectl.js';
