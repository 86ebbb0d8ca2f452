import type { Change, HistoryEntry, Violation } from '../history.js';
import { ClusterReplay, isLive, type ReplayedDaemonSet, type ReplayedPod } from './cluster-replay.js';
import { scaled } from './limits.js';
import { RecentChanges, VIEW_AGE_MS } from './recent-changes.js';

/** What one DaemonSet has been allowed, and what its rollout has taken down. */
interface Budget {
  /** Nodes whose available pod the controller has deleted, and that have no available pod since. */
  down: Set<string>;
  /** Nodes with more than one live pod. */
  extra: Set<string>;
  limits: { at: number; maxUnavailable: number; maxSurge: number }[];
}

/**
 * Invariants 3 and 4 at every revision.
 *
 * - No node has two live pods of one template of one DaemonSet, and none has two at all unless it surges.
 * - No pod comes to a node that is not eligible, or of a DaemonSet that does not exist.
 * - No more nodes are down than maxUnavailable by deletions of available pods, of whatever template: a node that failed
 *   by itself, was relabelled or joined does not count.
 * - It never has more nodes with an extra pod than maxSurge.
 */
export function checkRollouts(history: readonly HistoryEntry[]): Violation[] {
  const check = new RolloutCheck();
  for (const entry of history) if (entry.entry === 'change') check.apply(entry);
  return check.violations;
}

class RolloutCheck {
  readonly violations: Violation[] = [];
  readonly #replay = new ClusterReplay();
  readonly #budgets = new Map<string, Budget>();
  readonly #recent = new RecentChanges(this.#replay);

  apply(change: Change): void {
    const { before, changedNode } = this.#recent.apply(change);
    if (changedNode !== undefined) {
      // A node that is relabelled meanwhile is no longer down by the rollout.
      for (const { down } of this.#budgets.values()) down.delete(changedNode);
    }
    const daemonSet = this.#replay.daemonSets.get(change.uid);
    if (daemonSet) this.#limitsAt(daemonSet, change.at);
    if (change.facts.pod) this.#checkPod(change, before);
  }

  /** The widest limits that a controller may still know. */
  #limitsAt(daemonSet: ReplayedDaemonSet, at: number): { maxUnavailable: number; maxSurge: number } {
    const budget = this.#budgetOf(daemonSet);
    const total = this.#replay.eligibleNodes(daemonSet).length;
    budget.limits.push({
      at,
      maxUnavailable: scaled(daemonSet.maxUnavailable, total),
      maxSurge: scaled(daemonSet.maxSurge, total),
    });
    while ((budget.limits[1]?.at ?? at) < at - VIEW_AGE_MS) budget.limits.shift();
    return {
      maxUnavailable: Math.max(...budget.limits.map(({ maxUnavailable }) => maxUnavailable)),
      maxSurge: Math.max(...budget.limits.map(({ maxSurge }) => maxSurge)),
    };
  }

  #budgetOf({ uid }: ReplayedDaemonSet): Budget {
    const budget = this.#budgets.get(uid) ?? { down: new Set(), extra: new Set(), limits: [] };
    this.#budgets.set(uid, budget);
    return budget;
  }

  #checkPod(change: Change, before: ReplayedPod | undefined): void {
    const { pod } = change.facts;
    if (!pod || pod.node === '') return;
    const daemonSet = this.#replay.daemonSets.get(pod.owner);
    if (change.type === 'ADDED') this.#checkPlace(change, daemonSet, pod.node);
    if (!daemonSet) return;
    const live = this.#replay.livePods(daemonSet, pod.node);
    if (change.type === 'ADDED') this.#checkAdded(change, daemonSet, live);
    this.#noteExtra(change, daemonSet, pod.node, live);
    this.#noteDown(change, daemonSet, before);
  }

  #checkPlace(change: Change, daemonSet: ReplayedDaemonSet | undefined, name: string): void {
    const owner = change.facts.pod?.owner ?? '';
    if (!daemonSet) {
      if (!this.#recent.hasJustEnded(change, owner))
        this.#violate('rollout-stray', change, `${change.key} is of the DaemonSet ${owner}, which does not exist`);
      return;
    }
    const node = this.#replay.nodes.get(name);
    const isEligible = node !== undefined && this.#replay.isEligible(daemonSet, node);
    if (!isEligible && !this.#recent.isUnsettled(change, daemonSet, name))
      this.#violate('rollout-stray', change, `${change.key} comes to ${name}, which is not eligible`);
  }

  #checkAdded(change: Change, daemonSet: ReplayedDaemonSet, live: ReplayedPod[]): void {
    const { pod } = change.facts;
    const twin = live.find(({ uid, hash }) => uid !== change.uid && hash === pod?.hash);
    if (twin)
      this.#violate(
        'rollout-twins',
        change,
        `a second live pod of ${daemonSet.key} and template ${twin.hash} beside ${twin.key} on ${twin.node}`,
      );
    const other = live.find(({ uid }) => uid !== change.uid);
    if (other && !twin && this.#limitsAt(daemonSet, change.at).maxSurge === 0) {
      this.#violate(
        'rollout-twins',
        change,
        `a second live pod of ${daemonSet.key} beside ${other.key} on ${other.node}, without surge`,
      );
    }
  }

  #noteExtra(change: Change, daemonSet: ReplayedDaemonSet, node: string, live: ReplayedPod[]): void {
    const { extra } = this.#budgetOf(daemonSet);
    if (live.length <= 1) {
      extra.delete(node);
      return;
    }
    if (extra.has(node)) return;
    extra.add(node);
    const { maxSurge } = this.#limitsAt(daemonSet, change.at);
    if (maxSurge > 0 && extra.size > maxSurge) {
      this.#violate(
        'rollout-surge',
        change,
        `${extra.size} nodes of ${daemonSet.key} have an extra pod with maxSurge ${maxSurge}`,
      );
    }
  }

  #noteDown(change: Change, daemonSet: ReplayedDaemonSet, before: ReplayedPod | undefined): void {
    const { pod } = change.facts;
    if (!pod) return;
    const { down } = this.#budgetOf(daemonSet);
    const available = this.#replay.livePods(daemonSet, pod.node).some(({ ready }) => ready);
    if (available) {
      down.delete(pod.node);
      return;
    }
    const isDeletion =
      before !== undefined && isLive(before) && before.ready && (pod.deleting || change.type === 'DELETED');
    if (!isDeletion || !this.#isByController(change, daemonSet, pod.node)) return;
    down.add(pod.node);
    const { maxUnavailable, maxSurge } = this.#limitsAt(daemonSet, change.at);
    // A surge deletes an old pod only when the new one is available, so it may have nothing down by itself.
    const limit = Math.max(maxUnavailable, maxSurge > 0 ? 0 : 1);
    if (down.size > limit) {
      this.#violate(
        'rollout-unavailable',
        change,
        `${down.size} nodes of ${daemonSet.key} are down by deletions with maxUnavailable ${limit}: ${[...down].join(' ')}`,
      );
    }
  }

  /** Whether the node of a deleted pod shall have a pod all the same. */
  #isByController(change: Change, daemonSet: ReplayedDaemonSet, name: string): boolean {
    const node = this.#replay.nodes.get(name);
    if (!node || !this.#replay.isEligible(daemonSet, node) || daemonSet.deleting) return false;
    return !this.#recent.isUnsettled(change, daemonSet, name);
  }

  #violate(check: string, { revision, at }: Change, what: string): void {
    this.violations.push({ check, message: `revision ${revision}: ${what}`, at });
  }
}
