import type { DaemonSetStatus, DaemonSetUpdateStrategy, Pod } from '@everynode/objects';
import {
  countNothing,
  type NodeAssessment,
  type NodeCounts,
  OLD_PARTS,
  type RolloutPart,
} from '../assessment/assessment.js';
import type { NodeFault } from '../assessment/node-fault.js';
import { compareZones } from '../limits/zone-order.js';
import { RolloutParts } from './zone-roles.js';
import { type RolloutPermission, UNHELD } from './rollout-permission.js';
import { rolloutNumbers, scaled } from './strategy.js';

/** What a rolling update does now. */
export interface RolloutDecision {
  /** Old pods to delete, with the node of each. */
  deletes: { node: string; pod: Pod }[];
  /** Nodes that get a new pod beside their old one. */
  createOn: string[];
}

type PartKind = RolloutPart['kind'];
/** Nodes that may be updated now. */
type Only = (node: string) => boolean;

/** Parts that use up the budget of their mode. */
const COUNTED = Object.keys(countNothing()) as (keyof NodeCounts)[];
const UNAVAILABLE: readonly PartKind[] = ['unavailable', 'replace-now'];
const IN_THE_MIDDLE: readonly PartKind[] = ['unavailable', 'surging', 'delete-now'];
const OF_SURGE: readonly PartKind[] = ['create-now', 'surge-candidate', 'delete-now', 'surplus', 'surging'];

/** Where a rollout is at work, and with what budget. */
interface Scope {
  zones: readonly RolloutParts[];
  /** Whose nodes use up the budget. */
  spenders: readonly RolloutParts[];
  maxSurge: number;
  maxUnavailable: number;
  /** Old pods that may go. */
  mayMove: number;
  only: Only | undefined;
}

function countIn(zones: Iterable<RolloutParts>, kinds: readonly PartKind[]): number {
  let sum = 0;
  for (const zone of zones) sum += zone.count(kinds);
  return sum;
}

/**
 * The latest assessment of each node of a DaemonSet, and their sums. Replacing one node's assessment costs the same
 * whatever the number of nodes, so an event of one pod in ten thousand does not look at the other 9,999. Filled from
 * nothing, it gives the full reconcile.
 */
export class RolloutLedger {
  readonly #nodes = new Map<string, NodeAssessment>();
  readonly #zones = new Map<string, RolloutParts>();
  readonly #faults = new Map<string, NodeFault>();
  readonly #totals = countNothing();
  #serving = 0;

  get(node: string): NodeAssessment | undefined {
    return this.#nodes.get(node);
  }

  set(node: string, assessment: NodeAssessment): void {
    this.delete(node);
    this.#nodes.set(node, assessment);
    let zone = this.#zones.get(assessment.zone);
    if (!zone) {
      zone = new RolloutParts();
      this.#zones.set(assessment.zone, zone);
    }
    zone.set(node, assessment.rollout);
    if (assessment.fault) this.#faults.set(node, assessment.fault);
    this.#add(zone, assessment, 1);
  }

  delete(node: string): void {
    const assessment = this.#nodes.get(node);
    if (!assessment) return;
    this.#nodes.delete(node);
    this.#faults.delete(node);
    const zone = this.#zones.get(assessment.zone);
    if (!zone) return;
    zone.delete(node, assessment.rollout.kind);
    this.#add(zone, assessment, -1);
  }

  #add(zone: RolloutParts, { counts, serving }: NodeAssessment, sign: 1 | -1): void {
    for (const key of COUNTED) this.#totals[key] += sign * counts[key];
    zone.desired += sign * counts.desired;
    this.#serving += serving ? sign : 0;
  }

  /** Nodes that are assessed. */
  nodes(): Iterable<[string, NodeAssessment]> {
    return this.#nodes;
  }

  /** Eligible nodes whose pod will not be available by itself, and why. */
  get faults(): ReadonlyMap<string, NodeFault> {
    return this.#faults;
  }

  get desired(): number {
    return this.#totals.desired;
  }

  /** Nodes that have a pod and should not. */
  get misscheduled(): number {
    return this.#totals.misscheduled;
  }

  /** Nodes whose pod is of the current revision, and available. */
  get settled(): number {
    return this.#totals.settled;
  }

  /** The counters of the status; zero counters that Go leaves out are left out. */
  counters(): Omit<DaemonSetStatus, 'observedGeneration' | 'collisionCount' | 'conditions'> {
    const { desired, current, misscheduled, ready, available, updated } = this.#totals;
    const unavailable = desired - available;
    return {
      currentNumberScheduled: current,
      desiredNumberScheduled: desired,
      numberMisscheduled: misscheduled,
      numberReady: ready,
      ...(available !== 0 && { numberAvailable: available }),
      ...(unavailable !== 0 && { numberUnavailable: unavailable }),
      ...(updated !== 0 && { updatedNumberScheduled: updated }),
    };
  }

  /**
   * What the strategy allows now. Costs O(actions). Which candidates go first is unspecified upstream; here those that
   * became candidates first. Source: pkg/controller/daemon/update.go, rollingUpdate.
   *
   * The permission says what the owner allows of it; without one it is as upstream.
   */
  decide(strategy: DaemonSetUpdateStrategy | undefined, permission: RolloutPermission = UNHELD): RolloutDecision {
    if (strategy?.type === 'OnDelete' || !permission.mayUpdate) return { deletes: [], createOn: [] };
    const scope = this.#scope(strategy, permission);
    return scope.maxSurge > 0 || this.#count(OF_SURGE) > 0 ? this.#decideSurge(scope) : this.#decideReplace(scope);
  }

  #scope(strategy: DaemonSetUpdateStrategy | undefined, permission: RolloutPermission): Scope {
    const only = permission.canariesOnly ? (node: string) => this.#nodes.get(node)?.counts.canary === 1 : undefined;
    const mayMove = this.#count(OLD_PARTS) - permission.minOld;
    const numbers = rolloutNumbers(strategy, this.desired);
    const turn = this.zoneInTurn(permission);
    const zone = turn === undefined ? undefined : this.#zones.get(turn);
    const all = [...this.#zones.values()];
    const whole: Scope = { zones: zone ? [zone] : all, spenders: all, ...numbers, mayMove, only };
    if (!zone || permission.zoneBudget === undefined) return whole;
    const budget = Math.max(1, scaled(permission.zoneBudget, zone.desired));
    const surges = numbers.maxSurge > 0;
    return { ...whole, spenders: [zone], maxSurge: surges ? budget : 0, maxUnavailable: surges ? 0 : budget };
  }

  /**
   * The zone that is being updated: the first, in the owner's order, that has an old pod or an update under way. Undefined
   * when there is no order, nothing is left to do, or canaries are chosen, which go first wherever they are.
   */
  zoneInTurn({ zones: order, canariesOnly }: RolloutPermission): string | undefined {
    if (!order || canariesOnly) return undefined;
    let turn: string | undefined;
    for (const [zone, parts] of this.#zones) {
      if (parts.count(OLD_PARTS) + parts.count(IN_THE_MIDDLE) === 0) continue;
      if (turn === undefined || compareZones(order, zone, turn) < 0) turn = zone;
    }
    return turn;
  }

  /** Restarts in pods of the current revision. */
  get restarts(): number {
    return this.#totals.restarts;
  }

  /** Nodes that the canary selector chooses; all eligible nodes where there is none. */
  get canaries(): number {
    return this.#totals.canary;
  }

  /** Canaries that have run the current revision for as long as they must, without a restart. */
  get provenCanaries(): number {
    return this.#totals.proven;
  }

  /** Nodes with an old pod and nothing newer. */
  get old(): number {
    return this.#count(OLD_PARTS);
  }

  /** Nodes whose old pod is left alone because they are NotReady. */
  get skipped(): number {
    return this.#count(['skipped']);
  }

  /** Nodes whose update has begun and whose new pod is not available yet. */
  *underWay(): Iterable<string> {
    for (const zone of this.#zones.values()) {
      for (const kind of IN_THE_MIDDLE) for (const [node] of zone.nodes(kind)) yield node;
    }
  }

  /** No node's update is under way. */
  get isIdle(): boolean {
    return this.#count(IN_THE_MIDDLE) === 0;
  }

  /** Old pods that serve nobody and take up the budget. */
  *broken(): Iterable<string> {
    for (const zone of this.#zones.values()) for (const [node] of zone.nodes('replace-now')) yield node;
  }

  #decideReplace(scope: Scope): RolloutDecision {
    const { maxUnavailable, mayMove } = scope;
    const budget = maxUnavailable - countIn(scope.spenders, UNAVAILABLE);
    const broken = this.#pods(scope, 'replace-now', mayMove);
    const candidates = this.#pods(scope, 'candidate', Math.min(budget, mayMove - broken.length));
    return { deletes: [...broken, ...candidates], createOn: [] };
  }

  #decideSurge(scope: Scope): RolloutDecision {
    const { maxSurge, mayMove } = scope;
    const everywhere: Scope = { ...scope, zones: [...this.#zones.values()], only: undefined };
    const spare = this.#serving - this.desired;
    const beside = this.#names(scope, 'create-now', mayMove);
    const budget = Math.min(maxSurge - countIn(scope.spenders, ['surging']), mayMove - beside.length);
    return {
      deletes: [...this.#pods(everywhere, 'delete-now'), ...this.#pods(everywhere, 'surplus', spare)],
      createOn: [...beside, ...this.#names(scope, 'surge-candidate', budget)],
    };
  }

  #count(kinds: readonly PartKind[]): number {
    return countIn(this.#zones.values(), kinds);
  }

  #names(scope: Scope, kind: PartKind, most?: number): string[] {
    return this.#take(scope, kind, most).map(([node]) => node);
  }

  #pods(scope: Scope, kind: PartKind, most?: number): { node: string; pod: Pod }[] {
    return this.#take(scope, kind, most).map(([node, pod]) => {
      if (!pod) throw new Error(`${kind} on ${node} has no pod`);
      return { node, pod };
    });
  }

  #take({ zones, only = () => true }: Scope, kind: PartKind, most = Number.POSITIVE_INFINITY) {
    const taken: [node: string, pod: Pod | undefined][] = [];
    for (const zone of zones) {
      for (const found of zone.nodes(kind)) {
        if (taken.length >= most) return taken;
        if (only(found[0])) taken.push(found);
      }
    }
    return taken;
  }
}
