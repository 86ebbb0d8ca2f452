import {
  claimOf,
  type ExplainInput,
  hashOf,
  historyOf,
  isPodTerminal,
  podNamePrefix,
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
    admit: (spec) => admitted(context, daemonSet, spec),
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
