import type { DaemonSetUpdateStrategy, Pod } from '@everynode/objects';
import { scaled } from '@everynode/workloads';
import { OLD_ROLES, type RoleKind, UPDATING_ROLES } from '../assessment/rollout-role.js';
import { compareZones } from '../limits/zone-order.js';
import type { RolloutLedger } from './rollout-ledger.js';
import { type RolloutPermission, UNHELD } from './rollout-permission.js';
import { rolloutNumbers } from './strategy.js';
import type { ZoneRoles } from './zone-roles.js';

/** What a rolling update does now. */
interface RolloutDecision {
  /** Old pods to delete, with the node of each. */
  deletes: { node: string; pod: Pod }[];
  /** Nodes that get a new pod beside their old one. */
  createOn: string[];
}

/** Roles that use up maxUnavailable. */
const UNAVAILABLE: readonly RoleKind[] = ['unavailable', 'replace-now'];
/** Roles that only a surge has. maxSurge may be 0 while nodes have one: a percentage of no eligible node. */
const OF_SURGE: readonly RoleKind[] = ['create-now', 'surge-candidate', 'delete-now', 'surplus', 'surging'];

/** Where an update may begin on further nodes, and on how many. */
interface Scope {
  /** Zones whose nodes may be updated. */
  zones: readonly ZoneRoles[];
  /** Zones whose nodes use up the budget. */
  budgetScope: readonly ZoneRoles[];
  maxSurge: number;
  maxUnavailable: number;
  /** Old pods that may be replaced: all but those that must stay old. */
  budget: number;
  /** Nodes that may be updated; undefined: all. */
  filter: ((node: string) => boolean) | undefined;
}

/**
 * What the strategy allows now, as far as the permission goes; without a permission it is as upstream. Costs
 * O(actions): it reads sums, and the nodes that it chooses. Which candidates go first is unspecified upstream; here it
 * is those that became candidates first. Source: pkg/controller/daemon/update.go, rollingUpdate.
 */
export function decideRollout(
  ledger: RolloutLedger,
  strategy: DaemonSetUpdateStrategy | undefined,
  permission: RolloutPermission = UNHELD,
): RolloutDecision {
  if (strategy?.type === 'OnDelete' || !permission.mayUpdate) return { deletes: [], createOn: [] };
  const scope = scopeOf(ledger, strategy, permission);
  return scope.maxSurge > 0 || ledger.count(OF_SURGE) > 0 ? surge(ledger, scope) : replace(scope);
}

/**
 * The zone that is being updated: the first, in the owner's order, that has an old pod or an update under way.
 * Undefined when there is no order, when nothing is left to do, or when a selector chooses canaries, or an undo brings
 * some back: these go first in every zone.
 */
export function zoneInTurn(
  ledger: RolloutLedger,
  { zones: order, canariesOnly, returnsOnly }: RolloutPermission,
): string | undefined {
  if (!order || canariesOnly || returnsOnly) return undefined;
  let turn: string | undefined;
  for (const [zone, roles] of ledger.zones) {
    if (roles.count(OLD_ROLES) + roles.count(UPDATING_ROLES) === 0) continue;
    if (turn === undefined || compareZones(order, zone, turn) < 0) turn = zone;
  }
  return turn;
}

function scopeOf(
  ledger: RolloutLedger,
  strategy: DaemonSetUpdateStrategy | undefined,
  permission: RolloutPermission,
): Scope {
  const filter = filterOf(ledger, permission);
  const numbers = rolloutNumbers(strategy, ledger.desired);
  const turn = zoneInTurn(ledger, permission);
  const zone = turn === undefined ? undefined : ledger.zones.get(turn);
  const all = [...ledger.zones.values()];
  const budget = ledger.old - permission.minOld;
  const scope: Scope = { zones: zone ? [zone] : all, budgetScope: all, ...numbers, budget, filter };
  if (!zone || permission.zoneBudget === undefined) return scope;
  const zoneBudget = Math.max(1, scaled(permission.zoneBudget, zone.desired));
  const surges = numbers.maxSurge > 0;
  return {
    ...scope,
    budgetScope: [zone],
    maxSurge: surges ? zoneBudget : 0,
    maxUnavailable: surges ? 0 : zoneBudget,
  };
}

function filterOf(ledger: RolloutLedger, { canariesOnly, returnsOnly }: RolloutPermission): Scope['filter'] {
  if (returnsOnly) return (node) => ledger.isReturning(node);
  return canariesOnly ? (node) => ledger.get(node)?.counts.canary === 1 : undefined;
}

function replace(scope: Scope): RolloutDecision {
  const { maxUnavailable, budget } = scope;
  const free = maxUnavailable - countIn(scope.budgetScope, UNAVAILABLE);
  const broken = pods(scope, 'replace-now', budget);
  const candidates = pods(scope, 'candidate', Math.min(free, budget - broken.length));
  return { deletes: [...broken, ...candidates], createOn: [] };
}

function surge(ledger: RolloutLedger, scope: Scope): RolloutDecision {
  const { maxSurge, budget } = scope;
  const everywhere: Scope = { ...scope, zones: [...ledger.zones.values()], filter: undefined };
  // Pods that serve beyond the desired number: as many may go from nodes that are not eligible any more.
  const surplus = ledger.serving - ledger.desired;
  const broken = names(scope, 'create-now', budget);
  const free = Math.min(maxSurge - countIn(scope.budgetScope, ['surging']), budget - broken.length);
  return {
    deletes: [...pods(everywhere, 'delete-now'), ...pods(everywhere, 'surplus', surplus)],
    createOn: [...broken, ...names(scope, 'surge-candidate', free)],
  };
}

function countIn(zones: readonly ZoneRoles[], kinds: readonly RoleKind[]): number {
  let sum = 0;
  for (const zone of zones) sum += zone.count(kinds);
  return sum;
}

const names = (scope: Scope, kind: RoleKind, max?: number): string[] => choose(scope, kind, max).map(([node]) => node);

function pods(scope: Scope, kind: RoleKind, max?: number): RolloutDecision['deletes'] {
  return choose(scope, kind, max).map(([node, pod]) => {
    if (!pod) throw new Error(`${kind} on ${node} has no pod`);
    return { node, pod };
  });
}

/** At most `max` nodes of the scope with this role. */
function choose({ zones, filter = () => true }: Scope, kind: RoleKind, max = Number.POSITIVE_INFINITY) {
  const chosen: [node: string, pod: Pod | undefined][] = [];
  for (const zone of zones) {
    for (const found of zone.nodes(kind)) {
      if (chosen.length >= max) return chosen;
      if (filter(found[0])) chosen.push(found);
    }
  }
  return chosen;
}
