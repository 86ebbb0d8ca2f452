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

/** Draws a delay from the range. `random` returns numbers from 0 (inclusive) to 1 (exclusive). */
export function pickDelay({ fromMs, toMs }: DelayRange, random: () => number): number {
  return fromMs + Math.round(random() * (toMs - fromMs));
}
