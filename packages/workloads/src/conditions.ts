/** What all conditions of workloads have. */
interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * Returns conditions in which `next` has taken the place of the one of its type. One that has the same status and
 * reason stays as it is; one with the same status keeps the time of the transition.
 * Source: pkg/controller/deployment/util, SetDeploymentCondition; the other workloads have the same function.
 */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C): C[] {
  const all = conditions ?? [];
  const before = all.find(({ type }) => type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return [...all];
  const { lastTransitionTime } = before ?? {};
  const isKept = before?.status === next.status && lastTransitionTime !== undefined;
  const condition = isKept ? { ...next, lastTransitionTime } : next;
  return [...all.filter(({ type }) => type !== next.type), condition];
}

export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
