import type { Moment } from '@everynode/daemonset';

/** Now, on both clocks. */
export const thisMoment = (): Moment => ({ wall: Date.now(), steady: performance.now() });
