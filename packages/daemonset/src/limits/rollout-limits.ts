import { ApiError, type DaemonSet, matchesRequirements, type Node, parseLabelSelector } from '@everynode/objects';
import { scaled } from '@everynode/workloads';
import { type ResourceOverride, readResourceOverrides } from '../pods/resource-overrides.js';
import { readZoneOrder, type ZoneOrder } from './zone-order.js';

const PREFIX = 'everynode.io/';

/** `"true"`: no updates; missing pods are still created, and pods that must not stay are still deleted. */
export const PAUSED_ANNOTATION = 'everynode.io/paused';
/** `"true"`: nothing is created and nothing is deleted; the status is still written. */
export const FROZEN_ANNOTATION = 'everynode.io/frozen';
/**
 * Hash of the last revision that every node had and was available with. The controller writes it where a rollback is
 * asked for.
 */
export const GOOD_REVISION_ANNOTATION = 'everynode.io/last-good-revision';
/**
 * Hash of the revision that was rolled back. The controller writes it. While it stands, that revision is not rolled out
 * again, so a pipeline that applies the same manifest over and over does no harm.
 */
export const FAILED_REVISION_ANNOTATION = 'everynode.io/failed-revision';
/** A number or a percentage of the eligible nodes: this many keep the old revision. */
export const PARTITION_ANNOTATION = 'everynode.io/partition';
/** A number or a percentage of the eligible nodes, or a label selector: these are updated first, the others wait. */
export const CANARY_ANNOTATION = 'everynode.io/canary';
/**
 * A number of seconds: the other nodes follow when every canary has been available this long and none of its containers
 * has restarted.
 */
export const CANARY_SECONDS_ANNOTATION = 'everynode.io/canary-seconds';
/** A number: updates stop when containers in pods of the current revision have ended this often. */
export const RESTARTS_ANNOTATION = 'everynode.io/pause-after-restarts';
/** `"true"`: a node that is NotReady before its update does not use up the budget, and is updated when it is Ready. */
export const SKIP_NOT_READY_ANNOTATION = 'everynode.io/skip-not-ready';
/**
 * A node label, optionally with the order of its values: all nodes with one value are updated before the next value.
 */
export const ZONE_ORDER_ANNOTATION = 'everynode.io/topology-order';
/** A number or a percentage: the budget of the zone that is being updated, in place of the strategy's. */
export const ZONE_BUDGET_ANNOTATION = 'everynode.io/topology-budget';
/** A number of seconds: a rollout without progress for this long is reported as stuck. */
export const DEADLINE_ANNOTATION = 'everynode.io/progress-deadline-seconds';
/** `"true"`: a rollout that is past its deadline is rolled back to the last good revision. */
export const ROLLBACK_ANNOTATION = 'everynode.io/rollback-on-deadline';
/** A number: how many pods are created in a minute at most, for whatever reason. */
export const CREATE_RATE_ANNOTATION = 'everynode.io/creates-per-minute';
/** A list, in YAML or JSON, of resources for the pods of nodes that a selector chooses. */
export const OVERRIDES_ANNOTATION = 'everynode.io/resource-overrides';

/** The nodes that are updated first. */
interface Canary {
  /** How many nodes (`"30%"`: of the eligible ones), or which. */
  which: number | string | ((node: Node) => boolean);
  /**
   * How long they must be available without a restart until the other nodes follow; undefined: until the annotation is
   * removed.
   */
  provenAfterMs: number | undefined;
}

/** What the annotations of a DaemonSet ask for beyond its spec. Without annotations nothing is limited. */
export interface RolloutLimits {
  /** The status has conditions: there is an annotation of Everynode. Upstream's DaemonSets have none. */
  conditions: boolean;
  paused: boolean;
  frozen: boolean;
  /** Hash of a revision that is not rolled out again. */
  failedRevision: string | undefined;
  /** How many nodes keep the old revision; `"30%"`: of the eligible ones. */
  partition: number | string;
  canary: Canary | undefined;
  /** Infinity: any number. */
  pauseAfterRestarts: number;
  skipNotReady: boolean;
  zones: ZoneOrder | undefined;
  /** The budget of the zone that is being updated; undefined: the strategy's numbers, over all nodes. */
  zoneBudget: number | string | undefined;
  deadlineMs: number | undefined;
  rollback: boolean;
  /** Infinity: any number. */
  createsPerMinute: number;
  overrides: readonly ResourceOverride[];
}

export const NO_LIMITS: RolloutLimits = {
  conditions: false,
  paused: false,
  frozen: false,
  failedRevision: undefined,
  partition: 0,
  canary: undefined,
  pauseAfterRestarts: Number.POSITIVE_INFINITY,
  skipNotReady: false,
  zones: undefined,
  zoneBudget: undefined,
  deadlineMs: undefined,
  rollback: false,
  createsPerMinute: Number.POSITIVE_INFINITY,
  overrides: [],
};

export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** `"3"` or `"30%"`. */
export function numberOrPercent(text: string | undefined): number | string | undefined {
  return wholeNumber(text) ?? (text !== undefined && /^\d{1,3}%$/.test(text) ? text : undefined);
}

/** How many of `desired` eligible nodes keep the old revision. A percentage is rounded up, as maxUnavailable is. */
export function partitionOf({ partition }: Pick<RolloutLimits, 'partition'>, desired: number): number {
  return scaled(partition, desired);
}

/**
 * How many of `desired` eligible nodes are canaries: a percentage is rounded up, as that of maxUnavailable, so that any
 * part of a node is a node. Undefined where there are no canaries, or a selector chooses them.
 */
export function canaryCount({ canary }: Pick<RolloutLimits, 'canary'>, desired: number): number | undefined {
  return canary === undefined || typeof canary.which === 'function' ? undefined : scaled(canary.which, desired);
}

/** A selector that cannot be parsed selects no node: its meaning is not known, so no node is updated. */
function selectorOf(text: string): (node: Node) => boolean {
  try {
    const selector = parseLabelSelector(text);
    return ({ metadata }) => matchesRequirements(selector, metadata?.labels ?? {});
  } catch (error) {
    if (error instanceof ApiError) return () => false;
    throw error;
  }
}

function canaryOf(annotations: Readonly<Record<string, string>>): Canary | undefined {
  const canary = annotations[CANARY_ANNOTATION];
  if (!canary) return undefined;
  const seconds = wholeNumber(annotations[CANARY_SECONDS_ANNOTATION]);
  return {
    which: numberOrPercent(canary) ?? selectorOf(canary),
    provenAfterMs: seconds === undefined ? undefined : seconds * 1000,
  };
}

/**
 * The api refuses values that cannot be parsed (policy-annotations.ts). Such a value that is stored anyway limits
 * nothing.
 */
export function rolloutLimitsOf({ metadata }: Pick<DaemonSet, 'metadata'>): RolloutLimits {
  const annotations = metadata?.annotations;
  if (!annotations) return NO_LIMITS;
  const deadline = wholeNumber(annotations[DEADLINE_ANNOTATION]);
  return {
    conditions: Object.keys(annotations).some((key) => key.startsWith(PREFIX)),
    paused: annotations[PAUSED_ANNOTATION] === 'true',
    frozen: annotations[FROZEN_ANNOTATION] === 'true',
    failedRevision: annotations[FAILED_REVISION_ANNOTATION],
    partition: numberOrPercent(annotations[PARTITION_ANNOTATION]) ?? NO_LIMITS.partition,
    canary: canaryOf(annotations),
    pauseAfterRestarts: wholeNumber(annotations[RESTARTS_ANNOTATION]) ?? NO_LIMITS.pauseAfterRestarts,
    skipNotReady: annotations[SKIP_NOT_READY_ANNOTATION] === 'true',
    zones: readZoneOrder(annotations[ZONE_ORDER_ANNOTATION]),
    zoneBudget: numberOrPercent(annotations[ZONE_BUDGET_ANNOTATION]),
    deadlineMs: deadline === undefined ? undefined : deadline * 1000,
    rollback: annotations[ROLLBACK_ANNOTATION] === 'true',
    createsPerMinute: wholeNumber(annotations[CREATE_RATE_ANNOTATION]) || NO_LIMITS.createsPerMinute,
    overrides: readResourceOverrides(annotations[OVERRIDES_ANNOTATION]).overrides,
  };
}

/** Whether the node is among those that are updated first. */
export function isCanary({ canary }: RolloutLimits, node: Node): boolean {
  return typeof canary?.which === 'function' ? canary.which(node) : true;
}
