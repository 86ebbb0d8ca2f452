/** Reads recordings of an API server's answers, replays them against another server, and compares. */
export { readTranscript } from './read/read-transcript.js';
export { isSame, replay } from './replay.js';
export { outcomeText } from './report.js';
export { HttpsTarget } from './target/https-target.js';
