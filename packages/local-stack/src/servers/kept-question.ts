import type { LivenessAnswer } from '../process/liveness.js';

/** A connection on which a server is asked. */
export interface AskedConnection {
  /** @throws Error when there is no answer within the deadline, or the connection breaks. */
  ask(): Promise<unknown>;
  /** Does not wait for the server. */
  close(): void;
}

/** A connection is this old at most, in ms: a new one asks whether the server still takes connections. */
const RENEW_MS = 10_000;
/** A connection that broke since the last question fails within this, in ms. What takes longer was not answered. */
const BROKEN_MS = 1000;

/** Causes on this side: no descriptor, port or memory left, or no right to ask. */
const LOCAL_ERRORS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EACCES', 'EPERM']);

/** What an error that is no reply says of the server. */
export function answerOfError(error: unknown): LivenessAnswer {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (LOCAL_ERRORS.has((cause as NodeJS.ErrnoException).code ?? '')) return 'unknown';
  }
  return 'silent';
}

/**
 * Asks a server on one connection, which it keeps from question to question: a session for each would cost the server
 * more than the answer. The connection is opened anew when it has broken or is old. The question never rejects. A
 * second question while one is under way has its answer.
 */
export function keptQuestion(
  open: () => Promise<AskedConnection>,
  answerOf: (error: unknown) => LivenessAnswer | Promise<LivenessAnswer>,
): () => Promise<LivenessAnswer> {
  let kept: AskedConnection | undefined;
  let openedAt = 0;
  const drop = () => {
    kept?.close();
    kept = undefined;
  };
  const question = async (): Promise<LivenessAnswer> => {
    if (performance.now() - openedAt >= RENEW_MS) drop();
    for (;;) {
      const reused = kept !== undefined;
      const askedAt = performance.now();
      try {
        if (kept === undefined) {
          kept = await open();
          openedAt = performance.now();
        }
        await kept.ask();
        return 'answered';
      } catch (error) {
        drop();
        // That a kept connection broke is no news of the server; a new one has it.
        if (!reused || performance.now() - askedAt > BROKEN_MS) return answerOf(error);
      }
    }
  };
  let asking: Promise<LivenessAnswer> | undefined;
  return () => {
    asking ??= question().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
