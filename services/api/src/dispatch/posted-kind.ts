import { ApiError, type DecodeTarget, type KubeObject, type PostedKind, resourceByStorage } from '@everynode/objects';
import { admitReview } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { Identity } from '../auth/client-identity.js';
import { REVIEWS, type Review } from '../auth/reviews.js';
import type { Answer } from '../http/answer.js';
import { type Body, readObject } from '../http/body.js';
import { requireProduced } from '../http/negotiate.js';
import type { Query } from '../http/query.js';
import type { PostedPath } from '../http/resource-path.js';
import { writePlainObject } from '../present/plain-object.js';
import { bindPod } from '../subresource/binding.js';
import { managerOf, ownersOfUpdate, postedKindOwned } from '../write/field-owners.js';
import { MethodNotAllowed } from './verbs.js';

export interface PostedRequest {
  method: string;
  path: PostedPath;
  identity: Identity;
  body: Body;
  query: Query;
  accept: string | undefined;
  userAgent: string | undefined;
}

interface Posted {
  context: ApiContext;
  request: PostedRequest;
  target: DecodeTarget;
  /** The body. */
  object: KubeObject;
}

type Handler = (posted: Posted) => Promise<Pick<Answer, 'payload' | 'contentType'>>;

/** The handlers by kind; undefined for kinds that routes of their own answer, which only know GET. */
const HANDLERS: Readonly<Record<PostedKind['kind'], Handler | undefined>> = {
  Binding: bind,
  LocalSubjectAccessReview: answering(REVIEWS.LocalSubjectAccessReview),
  SelfSubjectAccessReview: answering(REVIEWS.SelfSubjectAccessReview),
  SelfSubjectReview: answering(REVIEWS.SelfSubjectReview),
  SelfSubjectRulesReview: answering(REVIEWS.SelfSubjectRulesReview),
  SubjectAccessReview: answering(REVIEWS.SubjectAccessReview),
  TokenReview: answering(REVIEWS.TokenReview),
  DaemonSetExplanation: undefined,
  NodeMetrics: undefined,
  PodMetrics: undefined,
};

/** Serves a request for a kind that is posted, answered at once and never stored. */
export async function servePostedKind(context: ApiContext, request: PostedRequest): Promise<Answer> {
  const { group, version, kind, schema } = request.path.posted;
  const handler = HANDLERS[kind];
  if (!handler || schema === undefined) throw new MethodNotAllowed(['GET']);
  if (request.method !== 'POST') throw new MethodNotAllowed(['POST']);
  requireProduced(request.accept, 'objects', request.body.bytes.length === 0);
  const target = { group, version, kind, schema };
  const { object, warnings } = await readObject(request.body, target, request.query.fieldValidation);
  return { status: 201, ...(await handler({ context, request, target, object })), warnings };
}

function answering(review: Review): Handler {
  return async ({ context, request, target, object }) => {
    const { identity, path, accept, query, userAgent } = request;
    // A kind of the whole cluster has no namespace, whatever was sent.
    if (!path.posted.namespaced) delete object.metadata.namespace;
    const owners = ownersOfUpdate({
      definition: postedKindOwned(target),
      subresource: '',
      manager: managerOf(query, userAgent),
    })(undefined, object, undefined);
    if (owners) object.metadata.managedFields = owners;
    await admitReview(context, path.posted, path.namespace, object);
    const answer = await review({ context, identity, namespace: path.namespace, review: object });
    const { apiVersion, kind, metadata } = object;
    const answered = { kind, apiVersion, metadata, ...answer };
    return writePlainObject(answered, target.schema, accept);
  };
}

/** Such a binding names its pod in the body; one under the pod's path names it in the path too. */
async function bind({ context, request, object }: Posted) {
  const { path, body, query, accept } = request;
  const { name } = object.metadata;
  if (!name) throw new ApiError('BadRequest', 'Name parameter required.');
  await bindPod(context, { definition: resourceByStorage('pods'), namespace: path.namespace, name, body, query });
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return writePlainObject(status, 'io.k8s.apimachinery.pkg.apis.meta.v1.Status', accept);
}
