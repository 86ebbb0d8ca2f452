import type { CachedObject } from '@everynode/list-watch';
import type { Node, Stored, Taint } from '@everynode/objects';
import type { ActiveTaint } from './eviction.js';

type CachedNode = CachedObject<Stored<Node>>;

/** Returns the taints of a node that evict pods. */
export function noExecuteTaints(node: Pick<CachedNode, 'desired'>): Taint[] {
  return (node.desired.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** A taint as it was first seen. `sinceMs` is on the monotonic clock. */
interface SeenTaint {
  timeAdded: string | undefined;
  sinceMs: number;
}

/**
 * Since when NoExecute taints count. A taint that appears counts from that moment on the monotonic clock, so that no
 * step of a clock evicts a pod early or late. Only for a taint that was there before this process is the age computed
 * from its `timeAdded`; one without counts from the first sight.
 */
export class TaintTimes {
  /** Node → key of the taint. */
  readonly #seen = new Map<string, Map<string, SeenTaint>>();

  /** Records the taints of a node and forgets those it does not have any more. `isKnown`: the node was seen before. */
  observe(node: Pick<CachedNode, 'record' | 'desired'>, isKnown: boolean): void {
    const { name } = node.record;
    const taints = noExecuteTaints(node);
    if (taints.length === 0) {
      this.#seen.delete(name);
      return;
    }
    const before = this.#seen.get(name);
    const now = performance.now();
    this.#seen.set(
      name,
      new Map(
        taints.map(({ key, timeAdded }) => {
          const seen = before?.get(key);
          if (seen?.timeAdded === timeAdded && seen) return [key, seen];
          return [key, { timeAdded, sinceMs: now - (isKnown ? 0 : ageOf(timeAdded)) }];
        }),
      ),
    );
  }

  forget(node: string): void {
    this.#seen.delete(node);
  }

  /** Returns the NoExecute taints of a node, each with the time from which it counts. */
  activeTaints(node: Pick<CachedNode, 'record' | 'desired'>): ActiveTaint[] {
    const seen = this.#seen.get(node.record.name);
    return noExecuteTaints(node).map((taint) => ({
      taint,
      sinceMs: seen?.get(taint.key)?.sinceMs ?? performance.now(),
    }));
  }
}

/** How old a stored time is, in ms; 0 for none, and for one that is ahead of this clock. */
export function ageOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.max(0, Date.now() - Date.parse(time)) || 0;
}
