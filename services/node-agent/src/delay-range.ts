/** A delay between two times, both in ms. */
export interface DelayRange {
  fromMs: number;
  toMs: number;
}

export const NO_DELAY: DelayRange = { fromMs: 0, toMs: 0 };

/** Reads `200`, `"200"` or `"200-800"`. Throws for anything else. */
export function parseDelayRange(value: string | number): DelayRange {
  const match = /^(\d+)(?:-(\d+))?$/.exec(String(value).trim());
  if (!match) throw new Error(`not a delay in ms: ${JSON.stringify(value)}; write 200 or 200-800`);
  const fromMs = Number(match[1]);
  const toMs = Number(match[2] ?? match[1]);
  if (toMs < fromMs) throw new Error(`not a delay in ms: ${value}; the second number is smaller than the first`);
  return { fromMs, toMs };
}

/** A delay in the range. `random` gives numbers from 0 up to 1. */
export function pickDelay({ fromMs, toMs }: DelayRange, random: () => number): number {
  return fromMs + Math.round(random() * (toMs - fromMs));
}
