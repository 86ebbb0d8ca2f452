export { parseLabels, parseTaints } from './arguments.js';
export { serviceEntry } from './checkout.js';
export { alignedLines } from './columns.js';
