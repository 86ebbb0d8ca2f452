import { timestamp } from '@everynode/objects';

/** The moment of a pass. */
export interface PassMoment {
  /** ms since the epoch. */
  now: number;
  /** The same, as the API writes times. */
  at: string;
}

/** Pods and conditions have wall-clock times, which passes compare with this one. */
export function passMoment(): PassMoment {
  const now = Date.now();
  return { now, at: timestamp(now) };
}
