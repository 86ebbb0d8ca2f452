/** The longest that a request other than a watch may take, in ms: as upstream's --request-timeout. */
export const REQUEST_MS = 60_000;
/** How long the socket of a watch may accept nothing while events wait for it, in ms. */
export const WATCH_STALL_MS = 30_000;
/** The longest body of a request, in bytes: as upstream's. Source: apiserver server/config.go, MaxRequestBodyBytes. */
export const BODY_LIMIT = 3 * 1024 * 1024;
