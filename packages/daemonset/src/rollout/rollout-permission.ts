import {
  CANARY_ANNOTATION,
  canaryCount,
  FAILED_REVISION_ANNOTATION,
  FROZEN_ANNOTATION,
  NO_LIMITS,
  PAUSED_ANNOTATION,
  partitionOf,
  RESTARTS_ANNOTATION,
  type RolloutLimits,
} from '../limits/rollout-limits.js';
import type { RolloutLedger } from './rollout-ledger.js';

/** What a permission is derived from. */
interface PermissionFacts {
  ledger: RolloutLedger;
  limits: RolloutLimits;
  /** Hash of the current revision; empty when there is none yet. */
  currentHash: string;
}

/** One reason to hold a rollout. A new annotation that holds rollouts is one entry of `HOLD_RULES`, and its parse. */
interface HoldRule {
  reason: string;
  /** `other-nodes`: canaries are still updated. */
  stops: 'everything' | 'updates' | 'other-nodes';
  /** The hold is shown even when no node waits for an update: the owner switched it on by hand. */
  isStanding: boolean;
  applies(facts: PermissionFacts): boolean;
  because(facts: PermissionFacts): string;
}

/** The first rule that applies is the one that users see. Everything that any rule stops is stopped. */
const HOLD_RULES = [
  {
    reason: 'Frozen',
    stops: 'everything',
    isStanding: true,
    applies: ({ limits }) => limits.frozen,
    because: () => `${FROZEN_ANNOTATION} holds everything`,
  },
  {
    reason: 'Paused',
    stops: 'updates',
    isStanding: true,
    applies: ({ limits }) => limits.paused,
    because: () => `${PAUSED_ANNOTATION} holds updates`,
  },
  {
    reason: 'RevisionFailed',
    stops: 'updates',
    isStanding: false,
    applies: ({ limits, currentHash }) => currentHash !== '' && limits.failedRevision === currentHash,
    because: ({ currentHash }) =>
      `${FAILED_REVISION_ANNOTATION} holds updates: revision ${currentHash} was rolled back before`,
  },
  {
    reason: 'Restarts',
    stops: 'updates',
    isStanding: false,
    applies: ({ ledger, limits }) => ledger.restarts >= limits.pauseAfterRestarts,
    because: ({ ledger }) =>
      `${RESTARTS_ANNOTATION} holds updates after ${ledger.restarts} restarts of the newest revision`,
  },
  {
    reason: 'Canary',
    stops: 'other-nodes',
    isStanding: false,
    applies: awaitsCanaries,
    because: () => `${CANARY_ANNOTATION} holds updates of other nodes`,
  },
] as const satisfies readonly HoldRule[];

type HoldReason = (typeof HOLD_RULES)[number]['reason'];

/** Reasons of the condition `Paused`, and of `Progressing` while a rollout is held. */
export const HOLD_REASONS: readonly HoldReason[] = HOLD_RULES.map(({ reason }) => reason);

/** What holds updates, or everything, and why. */
export interface RolloutHold {
  reason: HoldReason;
  because: string;
  /** Conditions show the hold. False where it has nothing to hold back: no node has an old pod and nothing newer. */
  isShown: boolean;
}

/** What the owner of a DaemonSet permits now. Without annotations everything is permitted, as upstream. */
export interface RolloutPermission {
  /** Missing pods may be created, and pods that must not stay may be deleted. */
  mayManage: boolean;
  /** Old pods may be replaced. */
  mayUpdate: boolean;
  /** At least this many nodes keep the old revision. */
  minOld: number;
  /** Only the nodes that the canary selector chooses may be updated. */
  canariesOnly: boolean;
  /**
   * Only nodes that return to the revision that others never left may be updated: canaries and a partition limit the
   * way forward, and an undo takes it back.
   */
  returnsOnly: boolean;
  /** The order in which zones are updated; undefined: all at the same time. */
  zones: RolloutLimits['zones'];
  /** The budget of the zone that is being updated; undefined: the strategy's numbers, over all nodes. */
  zoneBudget: RolloutLimits['zoneBudget'];
  hold: RolloutHold | undefined;
}

/** Permission without any annotation. */
export const UNHELD: RolloutPermission = {
  mayManage: true,
  mayUpdate: true,
  minOld: 0,
  canariesOnly: false,
  returnsOnly: false,
  zones: NO_LIMITS.zones,
  zoneBudget: NO_LIMITS.zoneBudget,
  hold: undefined,
};

/**
 * The only answer to "is this rollout held, and may the controller manage or update?". The controller acts on it,
 * `decideRollout` keeps to it, and conditions and explain show it. Costs no scan of nodes: it reads the ledger's sums.
 */
export function permissionOf(facts: PermissionFacts): RolloutPermission {
  const { ledger, limits } = facts;
  const applied: readonly (typeof HOLD_RULES)[number][] = HOLD_RULES.filter((rule) => rule.applies(facts));
  const stops = (what: HoldRule['stops']): boolean => applied.some((rule) => rule.stops === what);
  const first = applied[0];
  const waitsForCanaries = stops('other-nodes');
  const partition = partitionOf(limits, ledger.desired);
  const canaries = waitsForCanaries ? canaryCount(limits, ledger.desired) : undefined;
  const minOld = canaries === undefined ? partition : Math.max(partition, ledger.desired - canaries);
  const canariesOnly = waitsForCanaries && canaries === undefined;
  const returning = minOld > 0 || canariesOnly ? ledger.returning : 0;
  const returnsOnly = returning > 0;
  const held = returnsOnly && first?.stops === 'other-nodes' ? ledger.old - returning : ledger.old;
  return {
    mayManage: !stops('everything'),
    mayUpdate: !stops('everything') && !stops('updates'),
    minOld: returnsOnly ? ledger.old - returning : minOld,
    canariesOnly: canariesOnly && !returnsOnly,
    returnsOnly,
    zones: limits.zones,
    zoneBudget: limits.zoneBudget,
    hold: first && {
      reason: first.reason,
      because: first.because(facts),
      isShown: first.isStanding || held > 0,
    },
  };
}

/** Canaries have not been available for as long as they must be, or the owner set no time after which others follow. */
function awaitsCanaries({ ledger, limits }: PermissionFacts): boolean {
  const { canary } = limits;
  if (!canary) return false;
  if (canary.provenAfterMs === undefined) return true;
  const wanted = Math.min(canaryCount(limits, ledger.desired) ?? ledger.canaries, ledger.desired);
  return wanted === 0 || ledger.provenCanaries < wanted;
}
