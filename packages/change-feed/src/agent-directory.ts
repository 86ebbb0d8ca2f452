import type { ObjectCache, ReflectorListener } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import { LRUCache } from 'lru-cache';

/** Nodes that are gone and whose agents are remembered. */
const MAX_GONE = 20_000;

/** What the directory needs of a reflector. */
export interface NodeSource {
  /** -1 before the first list. */
  readonly revision: number;
  cache(resource: 'nodes'): ObjectCache<Stored<Node>>;
  addListener(listener: ReflectorListener): unknown;
}

/**
 * The agents that host nodes, by the nodes in a reflector's cache. The agent of a deleted node is remembered: it has
 * still to receive that the pods of the node are deleted.
 */
export class AgentDirectory {
  readonly #nodes: ObjectCache<Stored<Node>>;
  readonly #gone = new LRUCache<string, string>({ max: MAX_GONE });

  /** @throws Error when the reflector has listed: nodes that were deleted since then would have no agent. */
  constructor(reflector: NodeSource) {
    if (reflector.revision >= 0) throw new Error('agents have to be followed from before the reflector starts');
    this.#nodes = reflector.cache('nodes');
    reflector.addListener({
      onChanges: (changes) => {
        for (const { type, current } of changes) {
          const { resource, name, placement } = current.record;
          if (type === 'DELETED' && resource === 'nodes' && placement !== null) this.#gone.set(name, placement);
        }
      },
    });
  }

  /** Returns the agent that hosts or hosted the node; undefined when none is known here. */
  agentOf(node: string): string | undefined {
    return this.#nodes.get('', node)?.record.placement ?? this.#gone.get(node);
  }
}
