import type { DaemonSetStatus, DaemonSetUpdateStrategy } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { countNothing, type NodeAssessment, type NodeCounts, OLD_PARTS, type RolloutPart } from './assessment.js';
import { NO_LIMITS, type RolloutLimits } from './rollout-limits.js';
import { rolloutNumbers } from './strategy.js';

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
const UNAVAILABLE: readonly PartKind[] = ['unavailable', 'replace-now'];

/**
 * The latest assessment of each node of a DaemonSet, and their sums. Replacing one node's assessment costs the same
 * whatever the number of nodes, so an event of one pod in ten thousand does not look at the other 9,999. Filled from
 * nothing, it gives the full reconcile.
 */
export class RolloutLedger {
  readonly #nodes = new Map<string, NodeAssessment>();
  readonly #parts = new Map<PartKind, Map<string, RolloutPart>>();
  readonly #totals = countNothing();
  #serving = 0;

  get(node: string): NodeAssessment | undefined {
    return this.#nodes.get(node);
  }

  set(node: string, assessment: NodeAssessment): void {
    this.delete(node);
    this.#nodes.set(node, assessment);
    this.#add(assessment, 1);
    let parts = this.#parts.get(assessment.rollout.kind);
    if (!parts) {
      parts = new Map();
      this.#parts.set(assessment.rollout.kind, parts);
    }
    parts.set(node, assessment.rollout);
  }

  delete(node: string): void {
    const assessment = this.#nodes.get(node);
    if (!assessment) return;
    this.#nodes.delete(node);
    this.#parts.get(assessment.rollout.kind)?.delete(node);
    this.#add(assessment, -1);
  }

  #add({ counts, serving }: NodeAssessment, sign: 1 | -1): void {
    for (const key of Object.keys(counts) as (keyof NodeCounts)[]) this.#totals[key] += sign * counts[key];
    this.#serving += serving ? sign : 0;
  }

  /** Nodes that are assessed. */
  nodes(): Iterable<[string, NodeAssessment]> {
    return this.#nodes;
  }

  get desired(): number {
    return this.#totals.desired;
  }

  /** Nodes that have a pod and should not. */
  get misscheduled(): number {
    return this.#totals.misscheduled;
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
   * `limits` are the owner's beyond the strategy; without them it is as upstream.
   */
  decide(strategy: DaemonSetUpdateStrategy | undefined, limits = NO_LIMITS): RolloutDecision {
    if (strategy?.type === 'OnDelete' || this.stoppedByRestarts(limits)) return { deletes: [], createOn: [] };
    const held = this.holdsForCanary(limits) ? limits.canary?.which : undefined;
    const partition = typeof held === 'number' ? Math.max(limits.partition, this.desired - held) : limits.partition;
    const only = typeof held === 'function' ? (node: string) => this.#nodes.get(node)?.counts.canary === 1 : undefined;
    const { maxSurge, maxUnavailable } = rolloutNumbers(strategy, this.desired);
    const surge = this.#kinds('create-now', 'surge-candidate', 'delete-now', 'surplus', 'surging');
    const mayMove = this.#kinds(...OLD_PARTS) - partition;
    return maxSurge > 0 || surge > 0
      ? this.#decideSurge(maxSurge, mayMove, only)
      : this.#decideReplace(maxUnavailable, mayMove, only);
  }

  /** Pods of the current revision have restarted so often that nobody else gets it. */
  stoppedByRestarts({ pauseAfterRestarts }: RolloutLimits): boolean {
    return this.#totals.restarts >= pauseAfterRestarts;
  }

  /** Only canaries are updated: they have not proven themselves, or are not asked to. */
  holdsForCanary({ canary }: RolloutLimits): boolean {
    if (!canary) return false;
    if (canary.provenAfterMs === undefined) return true;
    const wanted = typeof canary.which === 'number' ? Math.min(canary.which, this.desired) : this.#totals.canary;
    return wanted === 0 || this.#totals.proven < wanted;
  }

  /** Restarts in pods of the current revision. */
  get restarts(): number {
    return this.#totals.restarts;
  }

  /** Nodes with an old pod and nothing newer. */
  get old(): number {
    return this.#kinds(...OLD_PARTS);
  }

  #decideReplace(maxUnavailable: number, mayMove: number, only?: Only): RolloutDecision {
    const budget = maxUnavailable - this.#kinds(...UNAVAILABLE);
    const broken = this.#pods('replace-now', mayMove, only);
    return {
      deletes: [...broken, ...this.#pods('candidate', Math.min(budget, mayMove - broken.length), only)],
      createOn: [],
    };
  }

  #decideSurge(maxSurge: number, mayMove: number, only?: Only): RolloutDecision {
    const spare = this.#serving - this.desired;
    const beside = this.#names('create-now', mayMove, only);
    const budget = Math.min(maxSurge - this.#kinds('surging'), mayMove - beside.length);
    return {
      deletes: [...this.#pods('delete-now'), ...this.#pods('surplus', spare)],
      createOn: [...beside, ...this.#names('surge-candidate', budget, only)],
    };
  }

  #kinds(...kinds: PartKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#parts.get(kind)?.size ?? 0), 0);
  }

  #names(kind: PartKind, most = Number.POSITIVE_INFINITY, only: Only = () => true): string[] {
    const names: string[] = [];
    for (const node of this.#parts.get(kind)?.keys() ?? []) {
      if (names.length >= most) break;
      if (only(node)) names.push(node);
    }
    return names;
  }

  #pods(kind: PartKind, most = Number.POSITIVE_INFINITY, only?: Only): { node: string; pod: Pod }[] {
    return this.#names(kind, most, only).map((node) => {
      const part = this.#parts.get(kind)?.get(node);
      if (!part || !('pod' in part)) throw new Error(`${kind} on ${node} has no pod`);
      return { node, pod: part.pod };
    });
  }
}
