import type { Deletable, DeletionRules } from './decide-deletion.js';

/**
 * A pod is deleted gracefully: with the requested seconds, else those of its spec. A pod without a node and a finished
 * pod have nothing to stop and are removed at once.
 *
 * Source: kubernetes pkg/registry/core/pod/strategy.go, CheckGracefulDelete.
 */
export const podDeletionRules: DeletionRules = {
  defaultPropagation: 'Background',
  graceSeconds: podGraceSeconds,
};

const FINISHED: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed']);
/** The grace period of a pod that names none (core/v1 defaults). */
const DEFAULT_GRACE_SECONDS = 30;

function podGraceSeconds(pod: Deletable, asked: number | undefined): number {
  if (pod.placement === null) return 0;
  if (isFinished(pod.observed ?? '{}')) return 0;
  return asked ?? graceSecondsOfSpec(pod.desired);
}

/*
 * Both are read for every pod that a rollout deletes, while all other writers wait, so as little as possible is parsed.
 * A quoted key or value is in the JSON text if it is in the object: quotes inside strings are escaped.
 */

function isFinished(status: string): boolean {
  if (![...FINISHED].some((phase) => status.includes(`"${phase}"`))) return false;
  return FINISHED.has((JSON.parse(status) as { phase?: string }).phase);
}

const GRACE = /"terminationGracePeriodSeconds":(-?\d+)/;

function graceSecondsOfSpec(desired: string): number {
  // Only probes have another field of that name.
  if (!desired.includes('Probe":')) return Number(GRACE.exec(desired)?.[1] ?? DEFAULT_GRACE_SECONDS);
  const { spec } = JSON.parse(desired) as { spec?: { terminationGracePeriodSeconds?: number } };
  return spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}
