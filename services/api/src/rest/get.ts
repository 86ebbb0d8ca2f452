import type { CachedObject } from '@everynode/list-watch';
import { ApiError, notFound } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ReadRequest, ResourceRequest } from '../dispatch/resource-request.js';
import { type Answer, objectAnswer } from '../http/answer.js';
import { withHeartbeat } from '../leases/lease-times.js';
import { revisionOf } from '../read/list-options.js';
import { staleWarnings } from '../read/stale-warnings.js';
import { subjectOf } from '../write/target.js';

/** GET of one object. */
export async function get(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  if (request.query.has('export') && request.query.flag('export')) {
    throw new ApiError('BadRequest', 'the export parameter, deprecated since v1.14, is no longer supported');
  }
  const object = await getObject(context, request);
  const isFresh = revisionOf(request.query.text('resourceVersion') ?? '') === undefined;
  const warnings = isFresh ? [] : staleWarnings(context);
  return objectAnswer(request.presenter, withHeartbeat(object, context.heartbeats), 200, warnings);
}

/** Reads one object, as new as the request asks for. @throws ApiError NotFound. */
export async function getObject(
  context: ApiContext,
  { definition, namespace, name, query }: ReadRequest,
): Promise<CachedObject> {
  const revision = revisionOf(query.text('resourceVersion') ?? '');
  const { storage } = definition;
  if (revision !== undefined && revision > 0) await context.freshReads.waitFor(revision);
  const object =
    revision === undefined
      ? await context.freshReads.newest({ resource: storage, namespace, name })
      : context.reflector.cache(storage).get(namespace, name);
  if (!object) throw notFound(subjectOf({ definition, namespace, name }));
  return object;
}
