import type { ContainerStatus, Job, Pod } from '@everynode/objects';

type Policy = NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>;
type Rule = Policy['rules'][number];

/** What a failure policy makes of the failure of a pod. */
export interface FailureMatch {
  /** False where the failure does not count. */
  isCounted: boolean;
  action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore' | undefined;
  /** Why the whole Job fails; only with FailJob. */
  message?: string;
}

const COUNTED: FailureMatch = { isCounted: true, action: undefined };

/**
 * Returns what the first rule says that matches a failed pod. Without a policy or a match every failure counts.
 * Source: pkg/controller/job/pod_failure_policy.go, matchPodFailurePolicy.
 */
export function matchFailurePolicy({ spec }: Job, pod: Pod): FailureMatch {
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const reason = reasonOf(rule, pod);
    if (reason === undefined) continue;
    const { action } = rule as { action: FailureMatch['action'] };
    if (action === 'Ignore') return { isCounted: false, action };
    if (action !== 'FailJob') return { isCounted: true, action };
    return { isCounted: true, action, message: `${reason} matching FailJob rule at index ${index}` };
  }
  return COUNTED;
}

/** How a pod matches a rule; undefined where it does not. */
function reasonOf({ onExitCodes, onPodConditions }: Rule, { metadata, status }: Pod): string | undefined {
  const name = `${metadata?.namespace}/${metadata?.name}`;
  if (onExitCodes) {
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    const ended = all.find((one) => exitsAs(onExitCodes, one));
    if (!ended) return undefined;
    return `Container ${ended.name} for pod ${name} failed with exit code ${ended.state?.terminated?.exitCode}`;
  }
  const condition = status?.conditions?.find((one) =>
    onPodConditions?.some((pattern) => pattern.type === one.type && pattern.status === one.status),
  );
  return condition && `Pod ${name} has condition ${condition.type}`;
}

function exitsAs({ containerName, operator, values }: NonNullable<Rule['onExitCodes']>, one: ContainerStatus): boolean {
  const exitCode = one.state?.terminated?.exitCode;
  if (exitCode === undefined || exitCode === 0) return false;
  if (containerName !== undefined && containerName !== one.name) return false;
  return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode);
}
