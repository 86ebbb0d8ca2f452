/** The shortest and the longest delay, in ms. */
export interface DelayRange {
  fromMs: number;
  toMs: number;
}

export const NO_DELAY: DelayRange = { fromMs: 0, toMs: 0 };

/** Parses `200` or `200-800`. Returns undefined for any other text. */
export function delayRangeOf(text: string): DelayRange | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const fromMs = Number(match[1]);
  const toMs = Number(match[2] ?? match[1]);
  return toMs < fromMs ? undefined : { fromMs, toMs };
}

/**
 * Parses the same, and numbers.
 * @throws Error for any other value.
 */
export function parseDelayRange(value: string | number): DelayRange {
  const range = delayRangeOf(String(value));
  if (!range)
    throw new Error(`not a delay in ms: ${JSON.stringify(value)}; write 200, or 200-800 with the smaller first`);
  return range;
}

/** A delay whose quantiles are known: shares from 0 to 1, rising, each with its delay in ms. */
interface DelayQuantiles {
  quantiles: readonly (readonly [share: number, ms: number])[];
}

export type Delay = DelayRange | DelayQuantiles;

/**
 * Draws a delay: each of the range is as likely; between two quantiles it is on the straight line between them.
 * `random` returns numbers from 0 (inclusive) to 1 (exclusive).
 */
export function pickDelay(delay: Delay, random: () => number): number {
  const drawn = random();
  if ('fromMs' in delay) return delay.fromMs + Math.round(drawn * (delay.toMs - delay.fromMs));
  const { quantiles } = delay;
  const above = quantiles.findIndex(([share]) => share > drawn);
  const [lastShare, lastMs] = quantiles[above < 0 ? quantiles.length - 1 : above] ?? [1, 0];
  const [share, ms] = quantiles[above - 1] ?? [lastShare, lastMs];
  const part = lastShare > share ? (drawn - share) / (lastShare - share) : 0;
  return Math.round(ms + part * (lastMs - ms));
}
