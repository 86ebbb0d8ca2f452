import type { CachedObject } from '@everynode/list-watch';
import type { Node, Stored, Taint } from '@everynode/objects';
import type { ActiveTaint } from './eviction.js';

type CachedNode = CachedObject<Stored<Node>>;

/** Returns the taints of a node that evict pods. */
export function noExecuteTaints(node: CachedNode): Taint[] {
  return (node.desired.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** Since when NoExecute taints without timeAdded exist: `kubectl taint` does not set it, so the first sight counts. */
export class TaintTimes {
  /** Node → key of the taint → ms since the epoch. */
  readonly #seen = new Map<string, Map<string, number>>();

  /** Records the undated taints of a node, and forgets those it does not have any more. */
  observe(node: CachedNode): void {
    const { name } = node.record;
    const before = this.#seen.get(name);
    const undated = noExecuteTaints(node).filter(({ timeAdded }) => timeAdded === undefined);
    if (undated.length === 0) this.#seen.delete(name);
    else this.#seen.set(name, new Map(undated.map(({ key }) => [key, before?.get(key) ?? Date.now()])));
  }

  forget(node: string): void {
    this.#seen.delete(node);
  }

  /** Returns the NoExecute taints of a node, each with the time from which it counts. */
  activeTaints(node: CachedNode): ActiveTaint[] {
    const seen = this.#seen.get(node.record.name);
    return noExecuteTaints(node).map((taint) => ({
      taint,
      sinceMs: taint.timeAdded === undefined ? (seen?.get(taint.key) ?? Date.now()) : Date.parse(taint.timeAdded),
    }));
  }
}
