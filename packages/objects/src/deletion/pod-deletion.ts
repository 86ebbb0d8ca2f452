import type { Deletable, DeletionRules } from './decide-deletion.js';

/**
 * Pods go gracefully: the seconds asked for, else those of their spec. A pod that no node runs, or that has finished,
 * has nothing to stop and goes at once.
 *
 * Source: kubernetes pkg/registry/core/pod/strategy.go, CheckGracefulDelete.
 */
export const podDeletionRules: DeletionRules = {
  defaultPropagation: 'Background',
  graceSeconds: podGraceSeconds,
};

/** Rules of kinds without a grace period, with the default propagation of core and apps/v1. */
export const plainDeletionRules: DeletionRules = { defaultPropagation: 'Background' };

/** The rules for the objects of a stored resource. */
export function deletionRulesOf(storage: string): DeletionRules {
  return storage === 'pods' ? podDeletionRules : plainDeletionRules;
}

const FINISHED: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed']);

function podGraceSeconds(pod: Deletable, asked: number | undefined): number {
  if (pod.placement === null) return 0;
  const { phase } = JSON.parse(pod.observed ?? '{}') as { phase?: string };
  if (FINISHED.has(phase)) return 0;
  if (asked !== undefined) return asked;
  const { spec } = JSON.parse(pod.desired) as { spec?: { terminationGracePeriodSeconds?: number } };
  return spec?.terminationGracePeriodSeconds ?? 30;
}
