import type { ListOptions } from '../read/list-options.js';

const BOOKMARK_MS = 60_000;
/** A last bookmark comes this long before the watch ends, so that the next one begins where this one stood. */
const LAST_BOOKMARK_MS = 2000;
const MIN_TIMEOUT_S = 1800;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Starts the timers of a watch: its end, and its bookmarks when they are allowed. Returns the function that stops them.
 */
export function startWatchTimers(
  { timeoutSeconds, allowBookmarks }: Pick<ListOptions, 'timeoutSeconds' | 'allowBookmarks'>,
  { onEnd, onBookmark }: { onEnd: () => void; onBookmark: () => void },
): () => void {
  const ms = (timeoutSeconds || MIN_TIMEOUT_S * (1 + Math.random())) * 1000;
  const timers = [setTimeout(onEnd, Math.min(ms, MAX_TIMER_MS))];
  if (allowBookmarks) {
    const last = ms - LAST_BOOKMARK_MS;
    timers.push(setInterval(onBookmark, BOOKMARK_MS));
    if (last > 0) timers.push(setTimeout(onBookmark, Math.min(last, MAX_TIMER_MS)));
  }
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
