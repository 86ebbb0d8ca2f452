import {
  type ClusterView,
  type ExplainInput,
  hashOf,
  type PeerPod,
  peerOf,
  type Refusal,
  targetNodeOf,
} from '@everynode/daemonset';
import {
  ApiError,
  controllerOf,
  type DaemonSet,
  type Node,
  type Pod,
  type PodSpec,
  type Stored,
} from '@everynode/objects';
import { admissionFactsOf, completePod } from '@everynode/pod-admission';
import { claimOf, historyOf, isPodTerminal, podNamePrefix } from '@everynode/workloads';
import type { ApiContext } from '../api-context.js';

export function allNodes({ reflector }: ApiContext): Stored<Node>[] {
  const nodes = [...reflector.cache('nodes').list()].map(({ object }) => object);
  return nodes.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** Returns the DaemonSet's pods by the node they are on or meant for. */
export function podsByNode({ reflector }: ApiContext, { metadata }: DaemonSet): Map<string, Pod[]> {
  const pods = new Map<string, Pod[]>();
  for (const cached of reflector.cache('pods').list(metadata?.namespace)) {
    if (controllerOf(cached.metadata)?.uid !== metadata?.uid) continue;
    const pod = cached.object;
    const node = targetNodeOf(pod);
    if (node !== undefined) pods.set(node, [...(pods.get(node) ?? []), pod]);
  }
  return pods;
}

/** Returns the hash of the revision that equals the template; empty until the controller has written it. */
function currentHash({ reflector }: ApiContext, daemonSet: DaemonSet): string {
  const revisions = [...reflector.cache('controllerrevisions.apps').list(daemonSet.metadata?.namespace)]
    .filter((cached) => claimOf(daemonSet, cached) === 'own')
    .map(({ object }) => object);
  const { current } = historyOf(daemonSet, revisions);
  return current ? hashOf(current) : '';
}

/** Collects from the caches what the pure functions read to explain a DaemonSet. */
export function explainInput(context: ApiContext, daemonSet: DaemonSet, nodes: readonly Node[]): ExplainInput {
  const pods = context.reflector.cache('pods');
  return {
    daemonSet,
    nodes,
    podsByNode: podsByNode(context, daemonSet),
    currentHash: currentHash(context, daemonSet),
    now: Date.now(),
    loadOf: (node) => ({
      node,
      pods: [...pods.find('byPlacement', node.metadata?.name ?? '')]
        .map(({ object }) => object)
        .filter((pod) => !isPodTerminal(pod)),
    }),
    view: clusterView(context, nodes, daemonSet.metadata?.namespace ?? ''),
    admit: (spec) => admitted(context, daemonSet, spec),
  };
}

/** The cluster as the caches show it, for pods of a namespace. */
function clusterView({ reflector }: ApiContext, nodes: readonly Node[], namespace: string): ClusterView {
  const pods = reflector.cache('pods');
  const peersOn = (name: string): PeerPod[] =>
    Array.from(pods.find('byPlacement', name))
      .filter(({ object }) => !isPodTerminal(object))
      .map(({ object }) => peerOf(object));
  return {
    nodes: (among = () => true) =>
      nodes.filter(among).map((node) => ({ node, peers: peersOn(node.metadata?.name ?? '') })),
    repelling: function* () {
      for (const { record, object } of pods.list()) {
        if (record.placement !== null && record.desired.includes('"podAntiAffinity"')) yield peerOf(object);
      }
    },
    labelsOf: (name) => {
      const found = reflector.cache('namespaces').get('', name);
      return found && (found.metadata.labels ?? {});
    },
    claimOf: (name) => {
      const claim = reflector.cache('persistentvolumeclaims').get(namespace, name);
      return claim && { isDeleting: claim.metadata.deletionTimestamp != null };
    },
  };
}

/** The spec of a daemon pod with what its namespace and its classes add, or why it is refused. */
function admitted(
  { reflector, podSecurityExemptions }: ApiContext,
  { metadata, spec }: DaemonSet,
  template: PodSpec,
): PodSpec | Refusal {
  const { name = '', namespace = '' } = metadata ?? {};
  const annotations = spec?.template.metadata?.annotations;
  const pod = { name: podNamePrefix(name), namespace, ...(annotations && { annotations }) };
  try {
    return completePod(pod, template, admissionFactsOf(reflector, namespace, podSecurityExemptions)).spec;
  } catch (error) {
    if (error instanceof ApiError) return { refusal: error.message };
    throw error;
  }
}
