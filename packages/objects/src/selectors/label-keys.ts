import type { LabelSelector, PodAffinityTerm } from '../kinds/api-types.js';

type Labels = Readonly<Record<string, string>>;

/**
 * A selector and requirements on keys with the value that a pod itself has. Keys that the pod lacks are left out.
 * Source: pkg/registry/core/pod/strategy.go, applyMatchLabelKeysAndMismatchLabelKeys.
 */
export function withLabelKeys(
  selector: LabelSelector,
  labels: Labels,
  { matchLabelKeys, mismatchLabelKeys }: Pick<PodAffinityTerm, 'matchLabelKeys' | 'mismatchLabelKeys'>,
): LabelSelector {
  const required = (keys: readonly string[] | null | undefined, operator: 'In' | 'NotIn') =>
    (keys ?? []).flatMap((key) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const more = [...required(matchLabelKeys, 'In'), ...required(mismatchLabelKeys, 'NotIn')];
  return more.length === 0
    ? selector
    : { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] };
}
