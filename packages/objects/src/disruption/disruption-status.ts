import { conditionOf, isPodReady } from '../conditions.js';
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { matchesLabelSelector } from '../selectors/index.js';
import { timestamp } from '../timestamp.js';

/** ms. An evicted pod that is not being deleted after this time was not evicted. */
export const DISRUPTION_TIMEOUT_MS = 2 * 60_000;
const CONDITION = 'DisruptionAllowed';

/** True when the budget selects the pod. A budget without a selector selects none. */
export function guards({ metadata, spec }: Stored<PodDisruptionBudget>, pod: Stored<Pod>): boolean {
  return (
    spec?.selector != null &&
    metadata.namespace === pod.metadata.namespace &&
    matchesLabelSelector(spec.selector, pod.metadata.labels ?? {})
  );
}

/**
 * The status of a budget, from the pods that it selects. `now` is ms since the epoch. As upstream, a percentage or
 * maxUnavailable needs a controller with a scale. No kind that is served here has one: then no disruption is allowed,
 * and the condition says so. Source: pkg/controller/disruption/disruption.go, trySync and updatePdbStatus.
 */
export function disruptionStatus(
  budget: Stored<PodDisruptionBudget>,
  guarded: readonly Stored<Pod>[],
  now: number,
): PodDisruptionBudgetStatus {
  const { minAvailable } = budget.spec ?? {};
  const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(([name, at]) => {
    const pod = guarded.find(({ metadata }) => metadata.name === name);
    return pod && pod.metadata.deletionTimestamp == null && Date.parse(at) + DISRUPTION_TIMEOUT_MS > now;
  });
  const leaving = new Set(disrupted.map(([name]) => name));
  const healthy = guarded.filter(
    (pod) => pod.metadata.deletionTimestamp == null && !leaving.has(pod.metadata.name) && isPodReady(pod),
  ).length;
  const counted = typeof minAvailable === 'number';
  const desiredHealthy = counted ? minAvailable : (budget.status?.desiredHealthy ?? 0);
  const allowed = counted && guarded.length > 0 ? Math.max(0, healthy - desiredHealthy) : 0;
  const [reason, message] = counted
    ? [allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '']
    : ['SyncFailed', 'only minAvailable as a number is known for pods without a controller that has a scale'];
  const before = conditionOf(budget.status, CONDITION);
  const status = allowed > 0 ? 'True' : 'False';
  const others = budget.status?.conditions?.filter(({ type }) => type !== CONDITION) ?? [];
  return {
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    ...(disrupted.length > 0 && { disruptedPods: Object.fromEntries(disrupted) }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy,
    expectedPods: guarded.length,
    conditions: [
      ...others,
      {
        type: CONDITION,
        status,
        reason,
        message,
        ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now),
      },
    ],
  };
}

/** The answer of a budget to an eviction. */
type EvictionVerdict =
  /**
   * The pod may be evicted. `status` is the budget's next status; undefined when the eviction does not use the budget
   * up.
   */
  | { kind: 'allow'; status: PodDisruptionBudgetStatus | undefined }
  | { kind: 'wait'; retryAfterSeconds: number; because: string }
  /** The budget's status cannot be counted on. */
  | { kind: 'refuse'; because: string };

/** More evictions than that may not wait for the disruption controller. */
const MAX_DISRUPTED_PODS = 2000;

/** Why an eviction must be asked for again. */
export const budgetIsProcessed = (name: string): string =>
  `The disruption budget ${name} is still being processed by the server.`;

/** Source: pkg/registry/core/pod/storage/eviction.go, Create and checkAndDecrement. */
export function judgeEviction(budget: Stored<PodDisruptionBudget>, pod: Stored<Pod>, now: number): EvictionVerdict {
  const { metadata, spec, status } = budget;
  const name = metadata.name;
  const { currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0 } = status ?? {};
  if (!isPodReady(pod)) {
    const enough = desiredHealthy > 0 && currentHealthy >= desiredHealthy;
    if (enough || spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return { kind: 'allow', status: undefined };
  }
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return { kind: 'wait', retryAfterSeconds: 10, because: budgetIsProcessed(name) };
  }
  if (disruptionsAllowed < 0) return { kind: 'refuse', because: 'pdb disruptions allowed is negative' };
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    const because = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return { kind: 'refuse', because };
  }
  if (!status || disruptionsAllowed === 0) {
    const because = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return { kind: 'wait', retryAfterSeconds: 0, because };
  }
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timestamp(now) };
  const next = { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods };
  const conditions = disruptionsAllowed === 1 ? usedUp(status, now) : status.conditions;
  return { kind: 'allow', status: { ...next, ...(conditions && { conditions }) } };
}

/** The conditions of a budget that is used up. Source: component-helpers apps/poddisruptionbudget. */
function usedUp(status: PodDisruptionBudgetStatus, now: number): PodDisruptionBudgetStatus['conditions'] {
  const before = conditionOf(status, CONDITION);
  const condition = {
    type: CONDITION,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : timestamp(now),
  };
  if (!before) return [...(status.conditions ?? []), condition];
  return status.conditions?.map((one) => (one === before ? condition : one));
}

/** The pods, in the given order, whose eviction some budget no longer allows when all of those before are evicted. */
export function beyondBudgets(
  pods: readonly Stored<Pod>[],
  budgets: readonly Stored<PodDisruptionBudget>[],
): ReadonlySet<Stored<Pod>> {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  return new Set(
    pods.filter((pod) => {
      let beyond = false;
      for (const budget of budgets) {
        // A pod that is already being evicted was counted.
        if (!guards(budget, pod) || budget.status?.disruptedPods?.[pod.metadata.name]) continue;
        const rest = (left.get(budget) ?? 0) - 1;
        left.set(budget, rest);
        beyond ||= rest < 0;
      }
      return beyond;
    }),
  );
}
