import type { DaemonSetStatus } from '@everynode/objects';
import type { NodeAssessment } from '../assessment/assessment.js';
import { countNothing, type NodeCounts } from '../assessment/node-counts.js';
import type { NodeFault } from '../assessment/node-fault.js';
import { OLD_ROLES, type RoleKind, UPDATING_ROLES } from '../assessment/rollout-role.js';
import { TemplateGenerations } from './template-generations.js';
import { ZoneRoles } from './zone-roles.js';

const COUNTED = Object.keys(countNothing()) as (keyof NodeCounts)[];

/**
 * The latest assessment of each node of a DaemonSet, and their sums. Replacing one node's assessment costs the same
 * whatever the number of nodes, so an event of one pod in ten thousand does not look at the other 9,999. A full
 * reconcile fills an empty ledger.
 */
export class RolloutLedger {
  readonly #nodes = new Map<string, NodeAssessment>();
  readonly #zones = new Map<string, ZoneRoles>();
  readonly #faults = new Map<string, NodeFault>();
  readonly #templates = new TemplateGenerations();
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
      zone = new ZoneRoles();
      this.#zones.set(assessment.zone, zone);
    }
    zone.set(node, assessment.role);
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
    zone.delete(node, assessment.role.kind);
    this.#add(zone, assessment, -1);
  }

  #add(zone: ZoneRoles, { counts, serving, role, template }: NodeAssessment, sign: 1 | -1): void {
    if (template && (template.isNewest || OLD_ROLES.includes(role.kind))) this.#templates.add(template, sign);
    for (const key of COUNTED) this.#totals[key] += sign * counts[key];
    zone.desired += sign * counts.desired;
    this.#serving += serving ? sign : 0;
  }

  /** Nodes that are assessed. */
  nodes(): Iterable<[string, NodeAssessment]> {
    return this.#nodes;
  }

  /** Roles by zone; without an order of zones, all nodes are in one whose name is empty. */
  get zones(): ReadonlyMap<string, ZoneRoles> {
    return this.#zones;
  }

  /** Eligible nodes whose pod will not be available by itself, and why. */
  get faults(): ReadonlyMap<string, NodeFault> {
    return this.#faults;
  }

  get desired(): number {
    return this.#totals.desired;
  }

  /** Nodes whose pod is of the current revision, and available. */
  get settled(): number {
    return this.#totals.settled;
  }

  /** Under surge: nodes with an available pod, eligible or not. */
  get serving(): number {
    return this.#serving;
  }

  /** Containers that have ended in pods of the current revision. */
  get restarts(): number {
    return this.#totals.restarts;
  }

  /** Nodes that the canary selector chooses; all eligible nodes where there is none. */
  get canaries(): number {
    return this.#totals.canary;
  }

  /** Canaries whose pod is not of the current revision. */
  get waitingCanaries(): number {
    return this.#totals.canaryWaiting;
  }

  /** Canaries that have run the current revision for as long as they must, without a restart. */
  get provenCanaries(): number {
    return this.#totals.proven;
  }

  /** Nodes with an old pod and nothing newer. */
  get old(): number {
    return this.count(OLD_ROLES);
  }

  /** Nodes with an old pod of a revision that came after the newest one, which an undo made the newest again. */
  get returning(): number {
    return this.#templates.returning;
  }

  /** Whether the node is one of those. */
  isReturning(node: string): boolean {
    const template = this.#nodes.get(node)?.template;
    return template !== undefined && this.#templates.isReturning(template);
  }

  /** NotReady nodes with an old pod, which the owner leaves out of the budget. */
  get skipped(): number {
    return this.count(['skipped']);
  }

  /** No node's update is under way. */
  get isIdle(): boolean {
    return this.count(UPDATING_ROLES) === 0;
  }

  /** Nodes whose update has begun and whose new pod is not available yet. */
  *updating(): Iterable<string> {
    for (const zone of this.#zones.values()) {
      for (const kind of UPDATING_ROLES) for (const [node] of zone.nodes(kind)) yield node;
    }
  }

  /** Nodes whose old pod is not available and uses up the budget. */
  *broken(): Iterable<string> {
    for (const zone of this.#zones.values()) for (const [node] of zone.nodes('replace-now')) yield node;
  }

  /** Nodes with one of these roles. Costs O(zones), not O(nodes). */
  count(kinds: readonly RoleKind[]): number {
    let sum = 0;
    for (const zone of this.#zones.values()) sum += zone.count(kinds);
    return sum;
  }

  /** The counters of the status. Counters that Go leaves out when they are zero are left out. */
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
}
