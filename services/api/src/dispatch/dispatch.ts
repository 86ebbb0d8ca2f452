import type { CachedObject } from '@everynode/list-watch';
import { ApiError, type Verb } from '@everynode/objects';
import { checkMediaType } from '@everynode/patch';
import type { ApiContext } from '../api-context.js';
import { previewWarning } from '../explain/preview.js';
import type { Body } from '../http/body.js';
import { negotiate, type Representation, wantsPretty } from '../http/negotiate.js';
import type { Query } from '../http/query.js';
import type { ResourcePath } from '../http/resource-path.js';
import { withHeartbeat } from '../leases/lease-times.js';
import { type PlainObject, writePlainObject } from '../present/plain-object.js';
import type { Payload, Pieces, Presenter } from '../present/presenter.js';
import { presenterFor } from '../present/presenter-for.js';
import { applyObject, isApply } from '../rest/apply.js';
import { createFromBody } from '../rest/create.js';
import { type DeleteOptions, deleteCollection, deleteObject, deleteOptions } from '../rest/delete.js';
import { getObject } from '../rest/get.js';
import { listObjects } from '../rest/list.js';
import { type Half, patchObject, updateObject } from '../rest/update.js';
import { bindPod } from '../subresource/binding.js';
import { evictPod } from '../subresource/eviction.js';
import { finalizeNamespace } from '../subresource/finalize.js';
import { requestToken, TOKEN_REQUEST } from '../subresource/token-request.js';
import { watchObjects } from '../watch/watch.js';
import type { WatchSink } from '../watch/watch-sink.js';
import type { Target, Written } from '../write/commit.js';
import { managerOf } from '../write/field-owners.js';
import { checkWriteOptions } from '../write/write-options.js';

/** A request for a resource, read off HTTP. */
export interface ResourceRequest {
  method: string;
  path: ResourcePath;
  query: Query;
  accept: string | undefined;
  userAgent: string | undefined;
  body: Body;
  /** Called when a watch has written what was there at its beginning. */
  onWatchStarted(): void;
}

/** What goes back; undefined when the response was written already (a watch). */
export interface ResourceAnswer {
  status: number;
  payload: Payload | Pieces;
  contentType: string;
  warnings?: string[];
}

/** What a request wants, in the words of authorisation and metrics. */
export function verbOf(method: string, { name, subresource, watches }: ResourcePath, watch: boolean): Verb | undefined {
  if (watches) return method === 'GET' ? 'watch' : undefined;
  switch (method) {
    case 'GET':
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

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** A method that the path does not know. */
export class MethodNotAllowed extends ApiError {
  /** @param allow the methods that it knows: the Allow header. */
  constructor(readonly allow: string[]) {
    super('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
}

const notAllowed = (allow: string[] = []): ApiError => new MethodNotAllowed(allow);

/** What of a resource's verbs can be asked for under a path. */
function verbsAt({ definition, name, namespace, subresource, watches }: ResourcePath): readonly Verb[] {
  if (watches) return definition.verbs.filter((verb) => verb === 'watch');
  if (subresource !== undefined) return definition.subresources.find(({ name }) => name === subresource)?.verbs ?? [];
  if (name !== undefined) {
    return definition.verbs.filter((verb) => !['list', 'watch', 'create', 'deletecollection'].includes(verb));
  }
  // Over all namespaces things can be looked at alone.
  const acrossAll = definition.namespaced && namespace === '';
  const here: Verb[] = acrossAll ? ['list', 'watch'] : ['list', 'watch', 'create', 'deletecollection'];
  return definition.verbs.filter((verb) => here.includes(verb));
}

/** Serves one request for a resource. `openSink` is called for a watch only; its answer is undefined. */
export async function serveResource(
  context: ApiContext,
  request: ResourceRequest,
  openSink: () => WatchSink,
): Promise<ResourceAnswer | undefined> {
  const { path } = request;
  const verb = verbOf(request.method, path, request.query.flag('watch'));
  const { definition, subresource } = path;
  const found = subresource ? definition.subresources.find(({ name }) => name === subresource) : undefined;
  const allowed = verbsAt(path);
  if (verb === undefined || !allowed.includes(verb)) {
    throw notAllowed([...new Set(allowed.map((one) => METHODS[one]))].sort());
  }
  const negotiated = negotiate(request.accept, { stream: verb === 'watch' });
  const pretty = negotiated.pretty || wantsPretty(request.query.text('pretty'), request.userAgent);
  const representation = { ...negotiated, pretty };
  if (representation.kind === 'metadata') checkMetadataForm(path, verb, representation.list);
  return subresource !== undefined && subresource !== 'status' && !found?.part
    ? await serveSubresource(context, request, path, representation)
    : await serveVerb(context, request, path, verb, representation, openSink);
}

/** Metadata of a list and of one object have names of their own, and each is refused for the other. */
function checkMetadataForm({ definition }: ResourcePath, verb: Verb, asksList: boolean): void {
  const givesList = verb === 'list' || verb === 'deletecollection';
  if (verb === 'watch' || givesList === asksList) return;
  const type = `*${definition.version}.${definition.kind}`;
  throw new ApiError(
    'NotAcceptable',
    givesList
      ? `you requested PartialObjectMetadata, but the requested object is a list (${type}List)`
      : `you requested PartialObjectMetadataList, but the requested object is not a list (${type})`,
  );
}

async function serveVerb(
  context: ApiContext,
  request: ResourceRequest,
  path: ResourcePath,
  verb: Verb,
  representation: Representation,
  openSink: () => WatchSink,
): Promise<ResourceAnswer | undefined> {
  const { definition, namespace, name = '', subresource } = path;
  const { query, body } = request;
  const presenter = presenterFor(definition, representation, query.text('includeObject'));
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
      const { objects, meta } = await listObjects(
        context,
        definition,
        namespace,
        query,
        representation.kind === 'table',
      );
      const shown = objects.map((object) => withHeartbeat(object, context.heartbeats));
      return { status: 200, payload: presenter.list(shown, meta), contentType: presenter.contentType };
    }
    case 'watch':
      await watchObjects(
        context,
        { definition, namespace, name: path.name, query, presenter, onStarted: request.onWatchStarted },
        openSink(),
      );
      return undefined;
    case 'create': {
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
