import type { Node } from '@everynode/objects';
import { type ClaimLookup, claimFault } from './claims.js';
import type { NamespaceLabels, PeerPod } from './pod-affinity.js';
import { dependsOnPeers, domainsOf, type PeerNode, PodPeers } from './pod-peers.js';

/** What the place of a pod may depend on beside the node itself. Lookups are in the pod's namespace. */
export interface ClusterView {
  /** The nodes that pass the test, with their pods; read only for a pod whose place depends on other pods. */
  nodes: (among?: (node: Node) => boolean) => readonly PeerNode[];
  /** Pods on nodes that may have anti-affinity. */
  repelling: () => Iterable<PeerPod>;
  labelsOf: NamespaceLabels;
  claimOf: ClaimLookup;
}

const DEFAULT_SCHEDULER = 'default-scheduler';

/** Source: pkg/registry/core/pod/strategy.go, applySchedulingGatedCondition. */
const GATED = 'Scheduling is blocked due to non-empty scheduling gates';

/** Why a pod is not placed, wherever there is room; undefined when it is. */
export function holdOf({ spec }: Pick<PeerPod, 'spec'>, claimOf: ClaimLookup): string | undefined {
  const { schedulerName = DEFAULT_SCHEDULER, schedulingGates } = spec;
  if (schedulerName !== DEFAULT_SCHEDULER) return `the scheduler ${schedulerName} places it`;
  return schedulingGates?.length ? GATED : claimFault(spec, claimOf);
}

/**
 * What other pods mean for the place of this one; undefined when they mean nothing. For a pod that may only be on
 * `target`, the nodes of other domains are left out where they cannot matter: each pod of a DaemonSet asks this, and so
 * asks for the pods of one node and not for those of all.
 */
export function peersOf(pod: PeerPod, view: ClusterView, target?: Node): PodPeers | undefined {
  if (!dependsOnPeers(pod, view.repelling(), view.labelsOf)) return undefined;
  const among = target && domainsOf(target, pod, view.repelling(), view.labelsOf);
  return new PodPeers(pod, view.nodes(among), view.labelsOf);
}

/** Whether a pod may be bound to a node that has room for it without a look at the rest of the cluster. */
export function bindsAtOnce(pod: PeerPod, view: ClusterView): boolean {
  return holdOf(pod, view.claimOf) === undefined && !dependsOnPeers(pod, view.repelling(), view.labelsOf);
}
