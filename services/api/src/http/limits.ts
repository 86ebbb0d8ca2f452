/** The longest that a request may take which is no watch, in ms: as upstream's --request-timeout. */
export const REQUEST_MS = 60_000;
/** How long a watcher's socket may take nothing while something waits for it, in ms. */
export const WATCH_STALL_MS = 30_000;
