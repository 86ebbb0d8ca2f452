/** A kind that is posted, answered at once and never stored: what a client may do, and who it is. */
export interface ReviewDefinition {
  group: string;
  version: string;
  kind: string;
  plural: string;
  /** Name of the type in the schema. */
  schema: string;
}

/** Every review that is served. All are cluster-scoped and know `create` alone. */
export const reviews: readonly ReviewDefinition[] = [
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectRulesReview',
    plural: 'selfsubjectrulesreviews',
    schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  },
];
