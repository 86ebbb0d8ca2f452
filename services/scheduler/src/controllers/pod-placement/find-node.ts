import {
  holdOf,
  NO_MATCH,
  type NodeLoad,
  type OccupiedNode,
  type PodPeers,
  peerOf,
  peersOf,
  targetNodeOf,
} from '@everynode/daemonset';
import { type Choice, chooseNode, unavailableMessage } from '../../placement/choose-node.js';
import { clusterView } from '../../placement/cluster-view.js';
import type { SchedulerContext } from '../../scheduler-context.js';
import { type CachedPod, specOf } from './unplaced-pod.js';

/** A pod that fits nowhere: the reasons of the nodes, and the node that it is pinned to, if it is. */
export type Unplaced = Extract<Choice, { nodes: number }> & {
  target?: string;
  /** Why no node would do, whatever it is like. */
  hold?: string;
  /** What other pods mean for its place. */
  peers?: PodPeers;
};

type FindContext = Pick<SchedulerContext, 'reflector' | 'capacity'>;

/**
 * Returns the node for a pod, or why none fits. A pod that is pinned to one node costs one node, however many there
 * are.
 */
export function findNode(context: FindContext, pod: CachedPod): { node: string } | Unplaced {
  const spec = specOf(pod);
  const target = targetNodeOf(pod.object);
  const nodeCache = context.reflector.cache('nodes');
  const total = nodeCache.size;
  const view = clusterView(context, pod.record.namespace);
  const hold = holdOf({ spec }, view.claimOf);
  if (hold !== undefined) return { reasons: new Map(), nodes: total, hold };
  const targetNode = target === undefined ? undefined : nodeCache.get('', target)?.object;
  const peers = peersOf(peerOf(pod.object), view, targetNode);
  const choice = chooseNode(spec, withClaims(occupiedNodes(context, pod, target)), peers);
  if ('node' in choice) return choice;
  if (target === undefined) return peers ? { ...choice, peers } : choice;
  const reasons = new Map(choice.reasons);
  const nodes = total;
  const others = nodes - choice.nodes;
  if (others > 0) reasons.set(NO_MATCH, (reasons.get(NO_MATCH) ?? 0) + others);
  return { reasons, nodes, target, ...(peers && { peers }) };
}

/** Nodes as they are for this pod: all of them, or the one that it is pinned to. */
export function* occupiedNodes(
  { reflector, capacity }: FindContext,
  pod: CachedPod,
  target?: string,
): Iterable<OccupiedNode> {
  const cache = reflector.cache('nodes');
  const priority = specOf(pod).priority ?? 0;
  const pinned = target === undefined ? undefined : cache.get('', target);
  const nodes = target === undefined ? cache.list() : pinned ? [pinned] : [];
  for (const { record, object: node } of nodes) {
    const pods = capacity.podsOn(record.name);
    yield { node, pods, claimed: capacity.claimedOn(record.name, priority, pod.record.uid) };
  }
}

function* withClaims(nodes: Iterable<OccupiedNode>): Iterable<NodeLoad> {
  for (const { node, pods, claimed } of nodes) yield { node, pods: claimed.length > 0 ? [...pods, ...claimed] : pods };
}

/** Returns upstream's message. For a pod that is pinned to a node it adds what that node lacks. */
export function unplacedMessage(unplaced: Unplaced): string {
  const { target, reasons, hold, nodes } = unplaced;
  if (hold !== undefined) return `0/${nodes} nodes are available: ${hold}.`;
  const line = unavailableMessage(unplaced);
  if (target === undefined) return line;
  const own = [...reasons.keys()].filter((reason) => reason !== NO_MATCH);
  return own.length > 0 ? `${line} Node ${target}: ${own.join(', ')}.` : line;
}
