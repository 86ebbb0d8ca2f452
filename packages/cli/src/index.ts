export { parseLabels, parseTaints } from './arguments.js';
export { alignedLines } from './columns.js';
