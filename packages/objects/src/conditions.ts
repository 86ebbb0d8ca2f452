import type { Node, Pod } from './kinds/api-types.js';

/** The condition of a type; undefined when the status has none. */
export function conditionOf<C extends { type: string }>(
  status: { conditions?: readonly C[] } | undefined,
  type: string,
): C | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** False also where the status has no condition of the type. */
export function isConditionTrue(
  status: { conditions?: readonly { type: string; status: string }[] } | undefined,
  type: string,
): boolean {
  return conditionOf(status, type)?.status === 'True';
}

export const isPodReady = ({ status }: Pick<Pod, 'status'>): boolean => isConditionTrue(status, 'Ready');

export const isNodeReady = ({ status }: Pick<Node, 'status'>): boolean => isConditionTrue(status, 'Ready');

/** What a condition is set to; its time follows from its status. */
interface Timed {
  type: string;
  status: string;
  lastTransitionTime?: string;
}

/** Returns the conditions with one set. Its time changes with its status. `now` is an RFC 3339 time. */
export function withCondition<C extends Timed>(conditions: readonly C[], wanted: C, now: string): C[] {
  const before = conditionOf({ conditions }, wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? (before.lastTransitionTime ?? now) : now;
  const next = { ...wanted, lastTransitionTime };
  return before ? conditions.map((one) => (one === before ? next : one)) : [...conditions, next];
}
