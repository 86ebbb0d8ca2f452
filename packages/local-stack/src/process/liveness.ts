import { setTimeout as delay } from 'node:timers/promises';

/**
 * How a server took a question. Every reply is an answer, also a refusal: a server that recovers from a crash, has no
 * connection left or no disk is not mended by a restart. `unknown`: this process could not ask, which is no news of the
 * server.
 */
export type LivenessAnswer = 'answered' | 'silent' | 'unknown';

/** Time between two questions, in ms. */
const EVERY_MS = 2000;
/** The longest that an answer may take, in ms: an order above what a busy machine needs. */
export const ANSWER_DEADLINE_MS = 5000;
/** A server that has answered nothing for this long hangs, in ms. */
export const SILENCE_MS = 10_000;
/** A server hangs after this many questions without an answer at the least: one may be lost. */
const SILENT_QUESTIONS = 2;
/** How often the watch looks at its own event loop during a question, in ms. */
const TICK_MS = 250;
/** A loop that stood still for longer may not have read an answer that was there, in ms. */
const STALL_MS = 1000;

/** Questions in a row without an answer, and when the first of them was asked, in ms of a monotonic clock. */
interface Silence {
  since: number;
  questions: number;
}

/** The silence after one more question; undefined while the server answers. */
export function silenceAfter(
  before: Silence | undefined,
  answer: LivenessAnswer,
  askedAt: number,
): Silence | undefined {
  if (answer === 'answered') return undefined;
  if (answer === 'unknown') return before;
  return { since: before?.since ?? askedAt, questions: (before?.questions ?? 0) + 1 };
}

/** Whether a server of this silence hangs now. */
export function hangs(silence: Silence | undefined, now: number): boolean {
  return silence !== undefined && silence.questions >= SILENT_QUESTIONS && now - silence.since >= SILENCE_MS;
}

interface LivenessWatch {
  probe: () => Promise<LivenessAnswer>;
  /** Called at each change, with the time since when in ms since the epoch. */
  onSilence: (since: number | undefined) => void;
  signal: AbortSignal;
  everyMs?: number;
}

/** Asks a server time and again. Resolves true when it hangs, and false when `signal` aborts. */
export async function watchUntilItHangs({
  probe,
  onSilence,
  signal,
  everyMs = EVERY_MS,
}: LivenessWatch): Promise<boolean> {
  let silence: Silence | undefined;
  while (!signal.aborted) {
    const askedAt = performance.now();
    const answer = await askedAwake(probe);
    if (signal.aborted) return false;
    const next = silenceAfter(silence, answer, askedAt);
    const now = performance.now();
    if (next?.since !== silence?.since) onSilence(next && Date.now() - (now - next.since));
    silence = next;
    if (hangs(silence, now)) return true;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/**
 * Asks, and drops a silence during which this process stood still (stopped, or its loop blocked): its timers run out
 * before it reads an answer that has been there all the time.
 */
async function askedAwake(probe: () => Promise<LivenessAnswer>): Promise<LivenessAnswer> {
  let tickedAt = performance.now();
  let stalled = false;
  const tick = () => {
    const now = performance.now();
    if (now - tickedAt > STALL_MS) stalled = true;
    tickedAt = now;
  };
  const ticks = setInterval(tick, TICK_MS);
  try {
    const answer = await probe();
    tick();
    return answer === 'silent' && stalled ? 'unknown' : answer;
  } finally {
    clearInterval(ticks);
  }
}
