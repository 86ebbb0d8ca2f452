import type { Identity } from './client-identity.js';

/** Reviews that clients post to learn what they may do. Everybody whom the CA vouches for is an administrator so far. */
const REVIEWS: Record<string, (identity: Identity, spec: unknown) => unknown> = {
  'authorization.k8s.io/v1/selfsubjectaccessreviews': (_identity, spec) => ({
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: true, reason: 'every client with a certificate of the client CA may do everything' },
  }),
  'authorization.k8s.io/v1/selfsubjectrulesreviews': (_identity, spec) => ({
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  }),
  'authentication.k8s.io/v1/selfsubjectreviews': (identity) => ({
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: { username: identity.user, groups: identity.groups } },
  }),
};

const nameOf = (path: string): string => path.replace(/^\/apis\//, '');

/** Are reviews posted to this path? */
export function isReview(path: string): boolean {
  return Object.hasOwn(REVIEWS, nameOf(path));
}

/** The answer to a review. `body` is what the client posted. */
export function answerReview(path: string, identity: Identity, body: unknown): unknown {
  return REVIEWS[nameOf(path)]?.(identity, (body as { spec?: unknown } | null)?.spec ?? {});
}
