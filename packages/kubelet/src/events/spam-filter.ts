/**
 * Events on one pod: so many at once, and then one each so many ms. What is above that is dropped. Source:
 * client-go/tools/record/events_cache.go, EventSourceObjectSpamFilter.
 */
const BURST = 25;
const ONE_EACH_MS = 300_000;

/** What is left of the events of one pod, at `atMs`. */
export interface SpamBucket {
  left: number;
  atMs: number;
}

/** Takes an event from the bucket of a pod; `undefined` stands for a full one. */
export function takeEvent(bucket: SpamBucket | undefined, nowMs: number): { bucket: SpamBucket; isAllowed: boolean } {
  const before = bucket ?? { left: BURST, atMs: nowMs };
  const left = Math.min(BURST, before.left + (nowMs - before.atMs) / ONE_EACH_MS);
  const isAllowed = left >= 1;
  return { bucket: { left: isAllowed ? left - 1 : left, atMs: nowMs }, isAllowed };
}
