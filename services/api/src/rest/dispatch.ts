import type { ServerResponse } from 'node:http';
import type { CachedObject } from '@everynode/list-watch';
import { ApiError, type Verb } from '@everynode/objects';
import { checkMediaType } from '@everynode/patch';
import type { ApiContext } from '../api-context.js';
import { previewWarning } from '../explain/preview.js';
import { negotiate, type Representation } from '../negotiate.js';
import { type PlainObject, writePlainObject } from '../present/plain-object.js';
import type { IncludeObject, Payload, Presenter } from '../present/presenter.js';
import { presenterFor } from '../present/presenter-for.js';
import type { Query } from '../query.js';
import { parseResourcePath, type ResourcePath } from '../request-info.js';
import { bindPod } from '../subresource/binding.js';
import { evictPod } from '../subresource/eviction.js';
import { finalizeNamespace } from '../subresource/finalize.js';
import { requestToken, TOKEN_REQUEST } from '../subresource/token-request.js';
import { watchObjects } from '../watch/watch.js';
import { applyObject, isApply } from './apply.js';
import type { Body } from './body.js';
import { createFromBody } from './create.js';
import { type DeleteOptions, deleteCollection, deleteObject, deleteOptions } from './delete.js';
import { managerOf } from './field-owners.js';
import { getObject } from './get.js';
import { withHeartbeat } from './lease-times.js';
import { listObjects } from './list.js';
import type { Target, Written } from './stored.js';
import { type Half, patchObject, updateObject } from './update.js';
import { checkWriteOptions } from './write-options.js';

/** A request for a resource, read off HTTP. */
export interface ResourceRequest {
  method: string;
  path: string;
  query: Query;
  accept: string | undefined;
  userAgent: string | undefined;
  body: Body;
}

/** What goes back; undefined when the response was written already (a watch). */
export interface ResourceAnswer {
  status: number;
  payload: Payload;
  contentType: string;
  warnings?: string[];
}

/** What a request wants, in the words of authorisation and metrics. */
export function verbOf(method: string, { name, subresource }: ResourcePath, watch: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (name !== undefined) return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      return name === undefined || subresource !== undefined ? 'create' : undefined;
    case 'PUT':
      return name === undefined ? undefined : 'update';
    case 'PATCH':
      return name === undefined ? undefined : 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

const notAllowed = (): ApiError =>
  new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** Serves one request for a resource. */
export async function serveResource(
  context: ApiContext,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<ResourceAnswer | undefined> {
  const path = parseResourcePath(request.path);
  const verb = verbOf(request.method, path, request.query.flag('watch'));
  const { definition, subresource } = path;
  const found = subresource ? definition.subresources.find(({ name }) => name === subresource) : undefined;
  const allowed = subresource ? found?.verbs : definition.verbs;
  if (verb === undefined || !allowed?.includes(verb)) throw notAllowed();
  const representation = negotiate(request.accept);
  return subresource !== undefined && subresource !== 'status' && !found?.part
    ? await serveSubresource(context, request, path, representation)
    : await serveVerb(context, request, path, verb, representation, response);
}

async function serveVerb(
  context: ApiContext,
  request: ResourceRequest,
  path: ResourcePath,
  verb: Verb,
  representation: Representation,
  response: ServerResponse,
): Promise<ResourceAnswer | undefined> {
  const { definition, namespace, name = '', subresource } = path;
  const { query, body } = request;
  const include = (query.text('includeObject') ?? 'Metadata') as IncludeObject;
  const presenter = presenterFor(definition, representation, include);
  const manager = (): string => managerOf(query, request.userAgent);
  const half: Half = subresource ?? 'object';
  /** A dry run of a DaemonSet says what would become of its pods. */
  const foreseen = async (object: CachedObject, warnings: string[]): Promise<string[]> => {
    if (!query.dryRun || half !== 'object' || definition.storage !== 'daemonsets.apps') return warnings;
    const preview = await previewWarning(context, object.object);
    return preview === undefined ? warnings : [...warnings, preview];
  };
  const one = (object: CachedObject, status = 200, warnings: string[] = []): ResourceAnswer => ({
    status,
    payload: presenter.one(object),
    contentType: presenter.contentType,
    warnings,
  });
  const target: Target = { definition, namespace, name };
  switch (verb) {
    case 'get': {
      const object = await getObject(context, definition, namespace, name, query);
      return one(withHeartbeat(object, context.heartbeats));
    }
    case 'list': {
      const { objects, meta } = await listObjects(context, definition, namespace, query);
      const shown = objects.map((object) => withHeartbeat(object, context.heartbeats));
      return { status: 200, payload: presenter.list(shown, meta), contentType: presenter.contentType };
    }
    case 'watch':
      await watchObjects(context, definition, namespace, query, presenter, response);
      return undefined;
    case 'create': {
      if (definition.namespaced && namespace === '') throw notAllowed();
      checkWriteOptions('CreateOptions', query);
      const { object, warnings } = await createFromBody(context, definition, namespace, body, query, manager());
      return one(object, 201, await foreseen(object, warnings));
    }
    case 'update': {
      checkWriteOptions('UpdateOptions', query);
      const { object, outcome, warnings } = await updateObject(context, target, half, body, query, manager());
      return one(object, outcome === 'created' ? 201 : 200, await foreseen(object, warnings));
    }
    case 'patch': {
      checkMediaType(body.contentType ?? '');
      checkWriteOptions('PatchOptions', query, isApply(body));
      if (isApply(body)) {
        const { object, outcome, warnings } = await applyObject(context, target, half, body, query);
        return one(object, outcome === 'created' ? 201 : 200, await foreseen(object, warnings));
      }
      const { object, warnings } = await patchObject(context, target, half, body, query, manager());
      return one(object, 200, await foreseen(object, warnings));
    }
    case 'delete': {
      const options = deleteOptions(body, query);
      return deleted(target, await deleteObject(context, target, options), options, presenter);
    }
    case 'deletecollection': {
      if (definition.namespaced && namespace === '') throw notAllowed();
      const options = deleteOptions(body, query);
      const { objects, meta } = await deleteCollection(context, definition, namespace, options, query);
      return { status: 200, payload: presenter.list(objects, meta), contentType: presenter.contentType };
    }
  }
}

/**
 * Some kinds answer a DELETE with the object, as do objects that are still there; others with a Status once they are gone. Who asks
 * in the old way that dependents go too, and has to wait, gets 202. Source: apiserver handlers/delete.go.
 */
function deleted(
  { definition, name }: Target,
  { object, outcome }: Written,
  options: DeleteOptions,
  presenter: Presenter,
): ResourceAnswer {
  const { contentType } = presenter;
  const isGone = outcome === 'deleted';
  if (!isGone || definition.returnsDeleted) {
    const status = !isGone && options.orphanDependents === false ? 202 : 200;
    return { status, payload: presenter.one(object), contentType };
  }
  const details = {
    name,
    ...(definition.group && { group: definition.group }),
    kind: definition.plural,
    uid: object.record.uid,
  };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return { status: 200, payload: presenter.status(status), contentType };
}

async function serveSubresource(
  context: ApiContext,
  { query, body, accept }: ResourceRequest,
  { definition, namespace, name = '', subresource }: ResourcePath,
  representation: Representation,
): Promise<ResourceAnswer> {
  const target: Target = { definition, namespace, name };
  const presenter = presenterFor(definition, representation);
  const { contentType } = presenter;
  const success = (): ResourceAnswer => ({
    status: 201,
    payload: presenter.status({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
    contentType,
  });
  switch (`${definition.plural}/${subresource}`) {
    case 'pods/binding':
      await bindPod(context, target, body, query);
      return success();
    case 'pods/eviction':
      await evictPod(context, target, body, query);
      return success();
    case 'namespaces/finalize': {
      const { object } = await finalizeNamespace(context, target, body, query);
      return { status: 200, payload: presenter.one(object), contentType };
    }
    case 'serviceaccounts/token': {
      const token = await requestToken(context, target, body, query);
      return { status: 201, ...writePlainObject(token as PlainObject, TOKEN_REQUEST.schema, accept) };
    }
    default:
      throw notAllowed();
  }
}
