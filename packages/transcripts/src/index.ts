export type { Answer, Difference } from './compare.js';
export type { Exchange, Json, Transcript } from './exchange.js';
export { type Credentials, HttpsTarget } from './https-target.js';
export { readTranscript } from './read-transcript.js';
export { isSame, type Outcome, type ReplayOptions, replay, type Target } from './replay.js';
export { outcomeText } from './report.js';
export { UnreadableError } from './unreadable.js';
