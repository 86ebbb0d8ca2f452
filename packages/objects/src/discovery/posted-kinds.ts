import type { Verb } from '../resource.js';

/** Reviews: a client's question about identities and permissions. */
export type ReviewKind =
  | 'LocalSubjectAccessReview'
  | 'SelfSubjectAccessReview'
  | 'SelfSubjectReview'
  | 'SelfSubjectRulesReview'
  | 'SubjectAccessReview'
  | 'TokenReview';

/**
 * A kind that is answered at once and never stored: reviews, the binding of a pod to a node, and what is made up or
 * measured for each answer.
 */
export interface PostedKind {
  group: string;
  version: string;
  kind: ReviewKind | 'Binding' | 'DaemonSetExplanation' | 'NodeMetrics' | 'PodMetrics';
  plural: string;
  singular: string;
  namespaced: boolean;
  verbs: Verb[];
  shortNames?: string[];
  /** Name of the type in the schema; kinds without one have no OpenAPI document. */
  schema?: string;
}

const create: Verb[] = ['create'];

function review(group: 'authentication' | 'authorization', kind: ReviewKind, namespaced = false): PostedKind {
  const singular = kind.toLowerCase();
  return {
    group: `${group}.k8s.io`,
    version: 'v1',
    kind,
    plural: `${singular}s`,
    singular,
    namespaced,
    verbs: create,
    schema: `io.k8s.api.${group}.v1.${kind}`,
  };
}

/** Source: metrics-server pkg/api, whose resources have no singular names. */
function metrics(kind: 'NodeMetrics' | 'PodMetrics', plural: string, namespaced: boolean): PostedKind {
  const of = { group: 'metrics.k8s.io', version: 'v1beta1', kind, plural, singular: '', namespaced };
  return { ...of, verbs: ['get', 'list'] };
}

/** All of them. */
export const postedKinds: readonly PostedKind[] = [
  {
    group: '',
    version: 'v1',
    kind: 'Binding',
    plural: 'bindings',
    singular: 'binding',
    namespaced: true,
    verbs: create,
    schema: 'io.k8s.api.core.v1.Binding',
  },
  review('authentication', 'SelfSubjectReview'),
  review('authentication', 'TokenReview'),
  review('authorization', 'LocalSubjectAccessReview', true),
  review('authorization', 'SelfSubjectAccessReview'),
  review('authorization', 'SelfSubjectRulesReview'),
  review('authorization', 'SubjectAccessReview'),
  {
    group: 'explain.everynode.io',
    version: 'v1',
    kind: 'DaemonSetExplanation',
    plural: 'daemonsets',
    singular: 'daemonset',
    namespaced: true,
    verbs: ['create', 'get'],
  },
  metrics('NodeMetrics', 'nodes', false),
  metrics('PodMetrics', 'pods', true),
];
