import {
  type Affinity,
  matchesRequirements,
  type NodeSelector,
  type NodeSelectorTerm,
  newRequirement,
  type Pod,
  type PodSpec,
  type Requirement,
  type SelectorOperator,
} from '@everynode/objects';

/** What a node selector reads of a node. */
interface NodeFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
}

/** One compiled term; a term that is undefined matches nothing. */
interface CompiledTerm {
  labels: Requirement[];
  names: { in: boolean; name: string }[];
}

const OPERATORS: Record<string, SelectorOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
} as Record<string, SelectorOperator>;

/**
 * Compiles a term. A term that is empty or cannot be parsed matches nothing; as upstream, it is no error, and the other
 * terms still count. Source: component-helpers scheduling/corev1/nodeaffinity.
 */
function compileTerm(term: NodeSelectorTerm): CompiledTerm | undefined {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return undefined;
  try {
    const labels = expressions.map(({ key, operator, values }) => {
      const known = OPERATORS[operator];
      if (known === undefined) throw new Error(`unknown operator ${operator}`);
      return newRequirement(key, known, values ?? []);
    });
    const names = fields.map(({ key, operator, values }) => {
      const [name, ...more] = values ?? [];
      if (key !== 'metadata.name' || name === undefined || more.length > 0) throw new Error('not a field requirement');
      if (operator !== 'In' && operator !== 'NotIn') throw new Error(`unknown operator ${operator}`);
      return { in: operator === 'In', name };
    });
    return { labels, names };
  } catch {
    return undefined;
  }
}

/** A pod's demands on its node, compiled once and used for every node. */
export interface NodeDemands {
  /** What the node lacks, in words for users; undefined when it meets the demands. */
  missing(node: NodeFacts): string | undefined;
}

/** Terms are ORed. A selector without terms matches nothing. */
export function compileNodeSelector(selector: NodeSelector): (node: NodeFacts) => boolean {
  const terms = (selector.nodeSelectorTerms ?? []).map(compileTerm).filter((term) => term !== undefined);
  return (node) =>
    terms.some(
      (term) =>
        term.names.every((field) => (field.name === node.name) === field.in) &&
        matchesRequirements(term.labels, node.labels),
    );
}

/** Compiles nodeSelector and required node affinity; a node has to match both. */
export function compileNodeDemands(spec: PodSpec): NodeDemands {
  const wanted = Object.entries(spec.nodeSelector ?? {});
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const matches = required ? compileNodeSelector(required) : undefined;
  return {
    missing(node) {
      for (const [key, value] of wanted) {
        if (node.labels[key] !== value) return `nodeSelector ${key}=${value}`;
      }
      return matches && !matches(node) ? 'required node affinity' : undefined;
    },
  };
}

/**
 * Replaces the required node affinity by one term that pins the pod to a node; the rest of the affinity stays.
 * Source: pkg/controller/daemon/util, ReplaceDaemonSetPodNodeNameNodeAffinity.
 */
export function pinToNode(affinity: Affinity | null | undefined, nodeName: string): Affinity {
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
      },
    },
  };
}

/** The node a daemon pod is on or meant for. Source: pkg/controller/daemon/util, GetTargetNodeName. */
export function targetNodeOf(pod: Pick<Pod, 'spec'>): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  for (const term of terms ?? []) {
    for (const field of term.matchFields ?? []) {
      if (field.key !== 'metadata.name' || field.operator !== 'In') continue;
      // With more than one name the node is not known.
      return field.values?.length === 1 ? field.values[0] : undefined;
    }
  }
  return undefined;
}
