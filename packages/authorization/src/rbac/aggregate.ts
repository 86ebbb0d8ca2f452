import { canonicalJson, type LabelSelector, matchesLabelSelector, type PolicyRule } from '@everynode/objects';

/** What aggregation reads of a ClusterRole. */
export interface Aggregable {
  name: string;
  labels?: Readonly<Record<string, string>> | undefined;
  rules?: readonly PolicyRule[] | undefined;
}

/** True when one of the selectors selects a role with these labels. */
export const isSelected = (selectors: readonly LabelSelector[], labels: Aggregable['labels']): boolean =>
  selectors.some((selector) => matchesLabelSelector(selector, labels));

/**
 * The rules of a ClusterRole with an aggregation rule: those of all selected roles but itself, each once, selector by
 * selector and by name. Source: pkg/controller/clusterroleaggregation.
 */
export function aggregatedRules(name: string, selectors: readonly LabelSelector[], roles: Iterable<Aggregable>) {
  const sorted = [...roles].filter((role) => role.name !== name).sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  for (const selector of selectors) {
    for (const role of sorted) {
      if (!isSelected([selector], role.labels)) continue;
      for (const rule of role.rules ?? []) {
        const text = canonicalJson(rule);
        if (seen.has(text)) continue;
        seen.add(text);
        rules.push(rule);
      }
    }
  }
  return rules;
}
