/**
 * How long a kubelet waits after failures: 10 s, doubled up to 300 s. Source: pkg/kubelet, its back-off of images and
 * of containers.
 */
const FIRST_MS = 10_000;
const MAX_MS = 300_000;
/** A run that lasted this long ends a row of crashes (kubelet resets its back-off after twice its maximum). */
const RESET_AFTER_MS = 600_000;

const doubled = (times: number): number => Math.min(FIRST_MS * 2 ** Math.min(times - 1, 10), MAX_MS);

/** The number of crashes in a row after one more, of a run that lasted `ranMs`. */
export const countCrash = (crashes: number, ranMs: number): number => (ranMs >= RESET_AFTER_MS ? 1 : crashes + 1);

/** Time until a container is started again after `crashes` (1 or more) in a row: none the first time, then 10 s. */
export const crashBackoffMs = (crashes: number): number => (crashes <= 1 ? 0 : doubled(crashes - 1));

/** Time until an image is pulled again after `failures` (1 or more) in a row. */
export const pullBackoffMs = (failures: number): number => doubled(failures);
