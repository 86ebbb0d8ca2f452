export { createDatabase, startTestNats, type TestDatabase, type TestNats } from './backends.js';
export { eventually } from './eventually.js';
export { findKubectl } from './find-kubectl.js';
export { type FoundKubectl, findKubectls } from './find-kubectls.js';
export { Kubectl, type KubectlResult, parseTable } from './kubectl.js';
export { testLog } from './test-log.js';
