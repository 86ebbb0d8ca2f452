export { diagnose } from './diagnose/diagnose.js';
export type { Finding } from './finding.js';
export { type ObserveOptions, observe } from './observe/observe.js';
export { reportText, type Style } from './report.js';
