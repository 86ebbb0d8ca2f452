/** Creations that are still allowed, as of a time (ms since the epoch). */
export interface CreateAllowance {
  left: number;
  at: number;
}

interface CreateGrant {
  granted: number;
  allowance: CreateAllowance;
  /** How soon the next creation is allowed, in ms; undefined when all were granted. */
  nextInMs: number | undefined;
}

/**
 * A token bucket for creations. It fills evenly, up to the creations of one second and at least one, so that a thousand
 * nodes that get a label at once do not all start a pod at once. `before` is undefined at first: the bucket is full.
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
