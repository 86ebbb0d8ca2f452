export type { Answer, Difference } from './compare/compare-answers.js';
export type { Exchange, Json, Transcript } from './exchange.js';
export { readTranscript } from './read/read-transcript.js';
export { UnreadableError } from './read/unreadable-error.js';
export { isSame, type Outcome, type ReplayOptions, replay, type Target } from './replay.js';
export { outcomeText } from './report.js';
export { type Credentials, HttpsTarget } from './target/https-target.js';
