import type { Current, Decision } from '@everynode/store';

/**
 * Counts a hash that another template has already: the next pass computes another one. `used` is the count of the
 * status by which the hash was computed.
 */
export function decideCollision(
  current: Current<'observed'> | undefined,
  uid: string,
  used: number | undefined,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as { collisionCount?: number };
  const collisionCount = (used ?? 0) + 1;
  // Counted already.
  if ((status.collisionCount ?? 0) >= collisionCount) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify({ ...status, collisionCount }) } };
}
