import { ApiError, typeOfKind } from '@everynode/objects';
import { negotiate, PROTOBUF } from '../negotiate.js';
import type { Payload } from '../present/presenter.js';
import { toYaml } from '../present/yaml.js';
import { encodeMessage } from '../protobuf/codec.js';
import { wrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import { type Body, readValue } from '../rest/body.js';
import type { Identity } from './client-identity.js';

interface Review {
  kind: string;
  answer(identity: Identity, spec: unknown): { spec?: unknown; status: object };
}

/** Reviews that clients post to learn what they may do. Everybody whom the CA vouches for is an administrator so far. */
const REVIEWS: Readonly<Record<string, Review>> = {
  'authorization.k8s.io/v1/selfsubjectaccessreviews': {
    kind: 'SelfSubjectAccessReview',
    answer: (_identity, spec) => ({
      spec,
      status: { allowed: true, reason: 'every client with a certificate of the client CA may do everything' },
    }),
  },
  'authorization.k8s.io/v1/selfsubjectrulesreviews': {
    kind: 'SelfSubjectRulesReview',
    answer: (_identity, spec) => ({
      spec,
      status: {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        incomplete: false,
      },
    }),
  },
  'authentication.k8s.io/v1/selfsubjectreviews': {
    kind: 'SelfSubjectReview',
    answer: (identity) => ({ status: { userInfo: { username: identity.user, groups: identity.groups } } }),
  },
};

const nameOf = (path: string): string => path.replace(/^\/apis\//, '');

/** Are reviews posted to this path? */
export function isReview(path: string): boolean {
  return Object.hasOwn(REVIEWS, nameOf(path));
}

/** Answers a review in the form that `accept` asks for. */
export function serveReview(
  path: string,
  identity: Identity,
  body: Body,
  accept: string | undefined,
): { payload: Payload; contentType: string } {
  const [group = '', version = '', plural = ''] = nameOf(path).split('/');
  const { kind, answer } = REVIEWS[`${group}/${version}/${plural}`] as Review;
  const schema = typeOfKind(group, version, kind) ?? '';
  const typeMeta = { apiVersion: `${group}/${version}`, kind };
  const { spec = {} } = (body.isEmpty ? {} : (readValue(body, schema).value ?? {})) as { spec?: unknown };
  const value = { ...typeMeta, metadata: {}, ...answer(identity, spec) };
  const wanted = negotiate(accept);
  if (wanted.kind !== 'object') throw new ApiError('NotAcceptable', 'a review is answered as an object');
  switch (wanted.encoding) {
    case 'protobuf':
      return { payload: wrap(typeMeta, encodeMessage(messageOfSchema(schema) ?? '', value)), contentType: PROTOBUF };
    case 'yaml':
      return { payload: toYaml(JSON.stringify(value)), contentType: 'application/yaml' };
    case 'json':
      return { payload: JSON.stringify(value), contentType: 'application/json' };
  }
}
