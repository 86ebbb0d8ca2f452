import { ApiError, type DecodeTarget, type KubeObject, resourceByStorage } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Identity } from '../auth/client-identity.js';
import { REVIEWS } from '../auth/reviews.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import type { parsePostedPath } from '../http/resource-path.js';
import { writePlainObject } from '../present/plain-object.js';
import { bindPod } from '../subresource/binding.js';
import { MethodNotAllowed, type ResourceAnswer } from './dispatch.js';

export interface PostedRequest {
  method: string;
  at: NonNullable<ReturnType<typeof parsePostedPath>>;
  identity: Identity;
  body: Body;
  query: Query;
  accept: string | undefined;
}

/** Serves a request for a kind that is posted, answered at once and never stored. */
export async function servePostedKind(context: ApiContext, request: PostedRequest): Promise<ResourceAnswer> {
  const { method, at, body, query, accept, identity } = request;
  const { posted, namespace } = at;
  if (method !== 'POST' || posted.schema === undefined) {
    throw new MethodNotAllowed(posted.schema === undefined ? ['GET'] : ['POST']);
  }
  const target = posted as DecodeTarget;
  const { object, warnings } = readObject(body, target, query.fieldValidation);
  if (posted.kind === 'Binding') {
    await bindNamed(context, namespace, object, body, query);
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
    const schema = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
    return { status: 201, ...writePlainObject(status, schema, accept), warnings };
  }
  const answer = await REVIEWS[posted.kind]?.({ context, identity, namespace, review: object });
  const { apiVersion, kind, metadata } = object;
  return {
    status: 201,
    ...writePlainObject({ kind, apiVersion, metadata, ...answer } as KubeObject, target.schema, accept),
    warnings,
  };
}

/** A binding outside its pod's path names the pod. */
async function bindNamed(context: ApiContext, namespace: string, binding: KubeObject, body: Body, query: Query) {
  const { name } = binding.metadata;
  if (!name) throw new ApiError('BadRequest', 'name must be provided');
  await bindPod(context, { definition: resourceByStorage('pods'), namespace, name }, body, query);
}
