/** What is left of an allowance of creations, and when that was worked out (ms since the epoch). */
export interface CreateAllowance {
  left: number;
  at: number;
}

interface CreateGrant {
  granted: number;
  allowance: CreateAllowance;
  /** When the next one is allowed: ms from now; undefined when all were granted. */
  nextInMs: number | undefined;
}

/**
 * Takes creations out of an allowance that fills up evenly, up to a second's worth and at least one: so a thousand nodes that
 * are labelled at once do not all start a pod at once. `before` is undefined at first, which is a full allowance.
 */
export function takeCreates(
  before: CreateAllowance | undefined,
  perMinute: number,
  wanted: number,
  now: number,
): CreateGrant {
  if (perMinute === Number.POSITIVE_INFINITY)
    return { granted: wanted, allowance: { left: 0, at: now }, nextInMs: undefined };
  const perMs = perMinute / 60_000;
  const most = Math.max(1, perMinute / 60);
  const left = before ? Math.min(most, before.left + Math.max(0, now - before.at) * perMs) : most;
  const granted = Math.min(wanted, Math.floor(left));
  const rest = left - granted;
  return {
    granted,
    allowance: { left: rest, at: now },
    nextInMs: granted < wanted ? Math.ceil((1 - rest) / perMs) : undefined,
  };
}
