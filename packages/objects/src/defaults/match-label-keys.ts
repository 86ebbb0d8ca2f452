import type { LabelSelector, Pod, PodAffinityTerm } from '../kinds/api-types.js';

type Labels = Readonly<Record<string, string>>;

/** Adds what the labels of the pod have for these keys to a selector. Without a selector there is nothing to add to. */
function select(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Labels,
): void {
  if (!selector || !keys?.length) return;
  const more = keys.flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  if (more.length > 0) selector.matchExpressions = [...(selector.matchExpressions ?? []), ...more];
}

/**
 * Writes what `matchLabelKeys` and `mismatchLabelKeys` of a new pod select into its selectors, from the pod's labels.
 * Source: pkg/registry/core/pod/strategy.go, mutatePodAffinity and mutateTopologySpreadConstraints.
 */
export function selectByLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata?.labels ?? {};
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]);
  for (const { labelSelector, matchLabelKeys, mismatchLabelKeys } of terms) {
    select(labelSelector, matchLabelKeys, 'In', labels);
    select(labelSelector, mismatchLabelKeys, 'NotIn', labels);
  }
  for (const { labelSelector, matchLabelKeys } of spec?.topologySpreadConstraints ?? []) {
    select(labelSelector, matchLabelKeys, 'In', labels);
  }
}
