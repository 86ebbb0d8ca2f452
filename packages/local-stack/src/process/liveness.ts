import { setTimeout as delay } from 'node:timers/promises';

/**
 * How a server took a question. Every reply is an answer, also a refusal: a server that recovers from a crash, has no
 * connection left or no disk is not mended by a restart.
 */
export type LivenessAnswer = 'answered' | 'silent';

/** Time between two questions, in ms. */
const EVERY_MS = 2000;
/** The longest that an answer may take, in ms: an order above what a busy machine needs. */
export const ANSWER_DEADLINE_MS = 5000;
/** A server that has answered nothing for this long hangs, in ms: at least two questions in a row. */
export const SILENCE_MS = 10_000;

/** Since when a server is silent, in ms of a clock; undefined while it answers. */
export function silentSince(before: number | undefined, answer: LivenessAnswer, askedAt: number): number | undefined {
  return answer === 'answered' ? undefined : (before ?? askedAt);
}

/** Whether a server that is silent since then hangs now. */
export function hangs(since: number | undefined, now: number): boolean {
  return since !== undefined && now - since >= SILENCE_MS;
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
  let since: number | undefined;
  while (!signal.aborted) {
    const askedAt = performance.now();
    const answer = await probe();
    if (signal.aborted) return false;
    const next = silentSince(since, answer, askedAt);
    if (next !== since) onSilence(next === undefined ? undefined : Math.round(Date.now() - (performance.now() - next)));
    since = next;
    if (hangs(since, performance.now())) return true;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
