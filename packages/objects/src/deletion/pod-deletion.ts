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

const FINISHED: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed']);
/** What a pod gets that says nothing (core/v1 defaults). */
const DEFAULT_GRACE_SECONDS = 30;

function podGraceSeconds(pod: Deletable, asked: number | undefined): number {
  if (pod.placement === null) return 0;
  if (isFinished(pod.observed ?? '{}')) return 0;
  return asked ?? graceSecondsOfSpec(pod.desired);
}

/*
 * Both are asked for every pod that a rollout ends, while all other writers wait, so that no more is parsed than has to be.
 * A key or a value in quotes is found in JSON text wherever it is, if it is there: quotes inside of strings are escaped.
 */

function isFinished(status: string): boolean {
  if (![...FINISHED].some((phase) => status.includes(`"${phase}"`))) return false;
  return FINISHED.has((JSON.parse(status) as { phase?: string }).phase);
}

const GRACE = /"terminationGracePeriodSeconds":(-?\d+)/;

function graceSecondsOfSpec(desired: string): number {
  // Only probes have a field of that name, too.
  if (!desired.includes('Probe":')) return Number(GRACE.exec(desired)?.[1] ?? DEFAULT_GRACE_SECONDS);
  const { spec } = JSON.parse(desired) as { spec?: { terminationGracePeriodSeconds?: number } };
  return spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}
