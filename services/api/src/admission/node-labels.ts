import { isKubeletLabel } from '@everynode/contract/kubelet-labels';

type Labels = Readonly<Record<string, string>> | undefined;

/** The keys of labels that one of two sets lacks or has another value for, sorted. */
export function changedLabels(after: Labels, before: Labels): string[] {
  const keys = new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})]);
  return [...keys].filter((key) => after?.[key] !== before?.[key]).sort();
}

/** Those that a node may not change on itself: with them it could attract pods that are meant for others. */
export function forbiddenLabels(keys: readonly string[]): string[] {
  return keys.filter((key) => !isKubeletLabel(key));
}
