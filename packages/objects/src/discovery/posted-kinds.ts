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
 * A kind that is answered at once and never stored: reviews, and the binding of a pod to a node.
 */
export interface PostedKind {
  group: string;
  version: string;
  kind: ReviewKind | 'Binding' | 'DaemonSetExplanation';
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
];
