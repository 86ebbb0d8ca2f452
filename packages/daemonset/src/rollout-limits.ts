import { ApiError, matchesRequirements, parseLabelSelector } from '@everynode/objects';
import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { Node } from 'kubernetes-types/core/v1.js';

/** A number: this many nodes keep the old revision. */
export const PARTITION_ANNOTATION = 'everynode.io/partition';
/** A number of nodes, or a label selector of nodes: these are updated first, and the others wait. */
export const CANARY_ANNOTATION = 'everynode.io/canary';
/** A number of seconds: when every canary has been available this long and no container has restarted, the others follow. */
export const CANARY_SECONDS_ANNOTATION = 'everynode.io/canary-seconds';
/** A number: with this many restarts in pods of the current revision, updates stop. */
export const RESTARTS_ANNOTATION = 'everynode.io/pause-after-restarts';
/** `"true"`: a node that was NotReady before its update is left out of the budget, and updated when it is back. */
export const SKIP_NOT_READY_ANNOTATION = 'everynode.io/skip-not-ready';

/** Nodes that are updated first. */
export interface Canary {
  /** How many, or which. */
  which: number | ((node: Node) => boolean);
  /** How long they have to be available, without a restart, until the others follow; undefined: until the annotation goes. */
  provenAfterMs: number | undefined;
}

/** What a DaemonSet's owner asks of rollouts beyond its strategy. Nothing of it holds without annotations. */
export interface RolloutLimits {
  /** Nodes that keep the old revision. */
  partition: number;
  canary: Canary | undefined;
  /** Infinity: any number. */
  pauseAfterRestarts: number;
  skipNotReady: boolean;
}

export const NO_LIMITS: RolloutLimits = {
  partition: 0,
  canary: undefined,
  pauseAfterRestarts: Number.POSITIVE_INFINITY,
  skipNotReady: false,
};

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A selector that cannot be read selects no node: what was meant is not known, so nothing is updated. */
function selectorOf(text: string): (node: Node) => boolean {
  try {
    const selector = parseLabelSelector(text);
    return ({ metadata }) => matchesRequirements(selector, metadata?.labels ?? {});
  } catch (error) {
    if (error instanceof ApiError) return () => false;
    throw error;
  }
}

export function rolloutLimitsOf({ metadata }: Pick<DaemonSet, 'metadata'>): RolloutLimits {
  const annotations = metadata?.annotations ?? {};
  const canary = annotations[CANARY_ANNOTATION];
  const seconds = wholeNumber(annotations[CANARY_SECONDS_ANNOTATION]);
  return {
    partition: wholeNumber(annotations[PARTITION_ANNOTATION]) ?? 0,
    canary: canary
      ? {
          which: wholeNumber(canary) ?? selectorOf(canary),
          provenAfterMs: seconds === undefined ? undefined : seconds * 1000,
        }
      : undefined,
    pauseAfterRestarts: wholeNumber(annotations[RESTARTS_ANNOTATION]) ?? Number.POSITIVE_INFINITY,
    skipNotReady: annotations[SKIP_NOT_READY_ANNOTATION] === 'true',
  };
}

/** Is the node one that is updated first? */
export function isCanary({ canary }: RolloutLimits, node: Node): boolean {
  return typeof canary?.which === 'function' ? canary.which(node) : true;
}
