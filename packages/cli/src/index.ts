export { parseLabels, parseTaints } from './arguments.js';
