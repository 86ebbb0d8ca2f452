import {
  ApiError,
  type FieldError,
  invalid,
  type KubeObject,
  type ReviewKind,
  timestamp,
  validateSelectorAttributes,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { type AccessSpec, accessStatus, rulesStatus, subjectOf } from './access-status.js';
import type { Identity } from './identity.js';
import { authenticateToken, TokenRefusedError } from './token-authentication.js';

/** A review to be answered. */
interface ReviewRequest {
  context: ApiContext;
  identity: Identity;
  /** The path's namespace; empty for reviews of the whole cluster. */
  namespace: string;
  review: KubeObject;
}

/** What an answer adds to the review's own names and metadata. */
interface ReviewAnswer {
  spec?: unknown;
  status: object;
  /** In place of the review's own. */
  metadata?: object;
}

export type Review = (request: ReviewRequest) => ReviewAnswer | Promise<ReviewAnswer>;

const invalidAt = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value: value ?? null,
  detail,
});

/** With the names that the fields have in Go. */
const printed = ({ path: Path = '', verb: Verb = '' }: { path?: string; verb?: string }) => ({ Path, Verb });

/** Source: pkg/apis/authorization/validation. */
function attributeErrors({ resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    const detail = 'cannot be specified in combination with resourceAttributes';
    return [invalidAt('spec.nonResourceAttributes', printed(nonResourceAttributes), detail)];
  }
  if (resourceAttributes) return validateSelectorAttributes(resourceAttributes, 'spec.resourceAttributes');
  if (nonResourceAttributes) return [];
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalidAt('spec.resourceAttributes', null, detail)];
}

const subjectErrors = ({ user, groups }: AccessSpec): FieldError[] =>
  user || groups?.length ? [] : [invalidAt('spec.user', user ?? '', 'at least one of user or group must be specified')];

/** A review's metadata has no meaning, so it must be empty. */
function metadataErrors({ metadata }: KubeObject, allowed: readonly string[] = []): FieldError[] {
  const known = [...allowed, 'managedFields'];
  const set = Object.entries(metadata).some(([key, value]) => !known.includes(key) && value !== null);
  const detail = `must be empty${allowed.length > 0 ? ` except for ${allowed.join(', ')}` : ''}`;
  return set ? [invalidAt('metadata', metadata, detail)] : [];
}

function localErrors({ metadata }: KubeObject, { resourceAttributes, nonResourceAttributes }: AccessSpec) {
  const errors: FieldError[] = [];
  const namespace = resourceAttributes?.namespace ?? '';
  if (resourceAttributes && namespace !== (metadata.namespace ?? '')) {
    errors.push(invalidAt('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace'));
  }
  if (nonResourceAttributes) {
    const detail = 'disallowed on this kind of request';
    errors.push(invalidAt('spec.nonResourceAttributes', printed(nonResourceAttributes), detail));
  }
  return errors;
}

/** Upstream names no kind here. */
function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '', name: '' }, errors);
}

function userInfo({ user, uid, groups, extra }: Identity): object {
  return { username: user, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

async function reviewToken({ context, review }: ReviewRequest): Promise<ReviewAnswer> {
  const { token, audiences } = (review.spec ?? {}) as { token?: string; audiences?: string[] };
  if (!token) throw new ApiError('BadRequest', 'token is required for TokenReview in authentication');
  // The object that the token is bound to may have been deleted a moment ago.
  await context.freshReads.catchUp();
  try {
    const accepted = await authenticateToken(context, token, audiences?.length ? audiences : undefined);
    const status = { authenticated: true, user: userInfo(accepted.identity), audiences: accepted.audiences };
    return { spec: review.spec, status };
  } catch (error) {
    if (!(error instanceof TokenRefusedError)) throw error;
    const { message } = error;
    const reasons = message === 'invalid bearer token' ? message : `[invalid bearer token, ${message}]`;
    return { spec: review.spec, status: { user: {}, error: reasons } };
  }
}

/** The handlers of reviews. Source of the rules: pkg/registry/authentication, pkg/registry/authorization. */
export const REVIEWS: Readonly<Record<ReviewKind, Review>> = {
  SelfSubjectReview: ({ identity }) => ({
    metadata: { creationTimestamp: timestamp(Date.now()) },
    status: { userInfo: userInfo(identity) },
  }),
  TokenReview: reviewToken,
  SelfSubjectAccessReview: ({ context, review, identity }) => {
    const spec = (review.spec ?? {}) as AccessSpec;
    refuse([...attributeErrors(spec), ...metadataErrors(review)]);
    return { spec, status: accessStatus(context, spec, identity) };
  },
  SubjectAccessReview: ({ context, review }) => {
    const spec = (review.spec ?? {}) as AccessSpec;
    refuse([...attributeErrors(spec), ...subjectErrors(spec), ...metadataErrors(review)]);
    return { spec, status: accessStatus(context, spec, subjectOf(spec)) };
  },
  LocalSubjectAccessReview: ({ context, review, namespace }) => {
    const spec = (review.spec ?? {}) as AccessSpec;
    review.metadata.namespace ??= namespace;
    refuse([
      ...attributeErrors(spec),
      ...subjectErrors(spec),
      ...metadataErrors(review, ['namespace']),
      ...localErrors(review, spec),
    ]);
    if (review.metadata.namespace !== namespace) {
      throw new ApiError('BadRequest', `spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    }
    return { spec, status: accessStatus(context, spec, subjectOf(spec)) };
  },
  SelfSubjectRulesReview: ({ context, review, identity }) => {
    const { namespace } = (review.spec ?? {}) as { namespace?: string };
    if (!namespace) throw new ApiError('BadRequest', 'no namespace on request');
    return { metadata: {}, spec: {}, status: rulesStatus(context, identity, namespace) };
  },
};
