import { backoffMs } from '@everynode/service-shell';

/** A process that ran this long before it died starts over with the shortest wait. */
export const SETTLED_MS = 30_000;
/** Something ends a process that works: it is needed again soon, and each start is a chance. */
const WORKED = { firstMs: 200, maxMs: 1000 };
/** A process that cannot start, perhaps for a mistake in its settings, must not take the machine. */
const NEVER_STARTED = { firstMs: 200, maxMs: 10_000 };

/**
 * How long to wait, in ms, before a process is started again that has died `deaths` times in a row (1 or more). The
 * first time it is not waited at all.
 */
export function restartDelayMs(deaths: number, hadStarted: boolean): number {
  return deaths <= 1 ? 0 : backoffMs(deaths - 1, hadStarted ? WORKED : NEVER_STARTED);
}
