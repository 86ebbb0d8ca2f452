/** A delay between two times, both in ms. */
export interface DelayRange {
  fromMs: number;
  toMs: number;
}

export const NO_DELAY: DelayRange = { fromMs: 0, toMs: 0 };

/** Reads `200` or `200-800`; undefined for anything else. */
export function delayRangeOf(text: string): DelayRange | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const fromMs = Number(match[1]);
  const toMs = Number(match[2] ?? match[1]);
  return toMs < fromMs ? undefined : { fromMs, toMs };
}

/** The same, from a number too. Throws for anything else. */
export function parseDelayRange(value: string | number): DelayRange {
  const range = delayRangeOf(String(value));
  if (!range)
    throw new Error(`not a delay in ms: ${JSON.stringify(value)}; write 200, or 200-800 with the smaller first`);
  return range;
}

/** A delay in the range. `random` gives numbers from 0 up to 1. */
export function pickDelay({ fromMs, toMs }: DelayRange, random: () => number): number {
  return fromMs + Math.round(random() * (toMs - fromMs));
}
