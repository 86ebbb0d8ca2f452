/**
 * How long a kubelet waits after failures, of containers and of images: 10 s, doubled up to 300 s. Source:
 * client-go/util/flowcontrol/backoff.go; pkg/kubelet/kubelet.go, newCrashLoopBackOff.
 */
const FIRST_MS = 10_000;
const MAX_MS = 300_000;
/** A failure that comes this long after the last step begins a row of its own. */
const EXPIRES_AFTER_MS = 600_000;

/** A row of failures: how long is waited after the next one, and when it grew to that. In ms, monotonic. */
export interface Backoff {
  delayMs: number;
  steppedMs: number;
}

const isExpired = ({ steppedMs }: Backoff, failedMs: number): boolean => failedMs - steppedMs > EXPIRES_AFTER_MS;

/** Until when is waited after a failure at `failedMs`: that moment itself for the first of a row. */
export function waitsUntil(backoff: Backoff | undefined, failedMs: number): number {
  return backoff === undefined || isExpired(backoff, failedMs) ? failedMs : failedMs + backoff.delayMs;
}

/** The back-off after what failed at `failedMs` is tried again at `nowMs`. */
export function stepped(backoff: Backoff | undefined, failedMs: number, nowMs: number): Backoff {
  const goesOn = backoff !== undefined && !isExpired(backoff, failedMs);
  return { delayMs: goesOn ? Math.min(2 * backoff.delayMs, MAX_MS) : FIRST_MS, steppedMs: nowMs };
}

/** Whole seconds as Go writes a duration: `40s`, `1m20s`, `5m0s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
