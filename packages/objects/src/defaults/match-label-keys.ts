import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from '../kinds/api-types.js';
import { withLabelKeys } from '../selectors/label-keys.js';

/**
 * Writes what `matchLabelKeys` and `mismatchLabelKeys` of a new pod select into its selectors, from the pod's labels.
 * Source: pkg/registry/core/pod/strategy.go, mutatePodAffinity and mutateTopologySpreadConstraints.
 */
export function selectByLabelKeys({ metadata, spec }: Pod): void {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const ofPods: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]);
  const terms: (PodAffinityTerm | TopologySpreadConstraint)[] = [...ofPods, ...(spec?.topologySpreadConstraints ?? [])];
  for (const term of terms) {
    // Without a selector there is nothing to add to.
    if (term.labelSelector) term.labelSelector = withLabelKeys(term.labelSelector, metadata?.labels ?? {}, term);
  }
}
