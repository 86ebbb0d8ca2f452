import type { Change } from '../history.js';
import type { ClusterReplay, ReplayedDaemonSet, ReplayedNode, ReplayedPod } from './cluster-replay.js';

/**
 * A controller decides on caches that may be so old, in ms: a limit, a template or a node's label that changed less
 * long ago may not have reached it. What its own writes changed is never excused.
 */
export const VIEW_AGE_MS = 5000;

/** When what decides where pods shall be last changed: nodes, selectors, and which DaemonSets there are. */
export class RecentChanges {
  readonly #replay: ClusterReplay;
  /** By name: labels and taints. */
  readonly #nodes = new Map<string, number>();
  /** By uid of the DaemonSet. */
  readonly #selectors = new Map<string, number>();
  readonly #ends = new Map<string, number>();

  constructor(replay: ClusterReplay) {
    this.#replay = replay;
  }

  /** Applies a change to the replay. Returns the pod as it was before, and the node that became another one. */
  apply(change: Change): { before: ReplayedPod | undefined; changedNode: string | undefined } {
    const { uid, at, key, facts, type } = change;
    const name = facts.node ? key.slice(key.indexOf('/') + 1) : '';
    const node = eligibilityOf(this.#replay.nodes.get(name));
    const selector = selectorOf(this.#replay.daemonSets.get(uid));
    const before = this.#replay.apply(change);
    if (facts.daemonSet && type === 'DELETED') this.#ends.set(uid, at);
    else if (facts.daemonSet && selector !== selectorOf(this.#replay.daemonSets.get(uid))) this.#selectors.set(uid, at);
    if (!facts.node || node === eligibilityOf(this.#replay.nodes.get(name))) return { before, changedNode: undefined };
    this.#nodes.set(name, at);
    return { before, changedNode: name };
  }

  /** Whether the controller may not know yet if a node shall have a pod. */
  isUnsettled({ at }: Change, { uid }: ReplayedDaemonSet, node: string): boolean {
    return isRecent(at, this.#nodes.get(node)) || isRecent(at, this.#selectors.get(uid));
  }

  /** Whether the controller may not know yet that a DaemonSet is gone. */
  hasJustEnded({ at }: Change, uid: string): boolean {
    return isRecent(at, this.#ends.get(uid));
  }
}

function isRecent(now: number, at = Number.NEGATIVE_INFINITY): boolean {
  return now - at < VIEW_AGE_MS;
}

function selectorOf(daemonSet: ReplayedDaemonSet | undefined): string {
  return JSON.stringify(daemonSet?.nodeSelector);
}

function eligibilityOf(node: ReplayedNode | undefined): string {
  return JSON.stringify([node?.labels, node?.taints]);
}
