/** What the bench and the transcripts use of the command line; the command line itself begins in `main.ts`. */
export { serviceEntry } from './checkout.js';
export { alignedLines } from './columns.js';
