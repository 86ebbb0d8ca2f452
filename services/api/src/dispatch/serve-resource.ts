import { ApiError, type Verb } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Identity } from '../auth/client-identity.js';
import type { Answer } from '../http/answer.js';
import type { Body } from '../http/body.js';
import { negotiate, requireProduced, wantsPretty } from '../http/negotiate.js';
import type { Query } from '../http/query.js';
import type { ResourcePath } from '../http/resource-path.js';
import { presenterFor } from '../present/presenter-for.js';
import { create } from '../rest/create.js';
import { deleteOne } from '../rest/delete.js';
import { deleteCollection } from '../rest/delete-collection.js';
import { get } from '../rest/get.js';
import { list } from '../rest/list.js';
import { patch } from '../rest/patch.js';
import { update } from '../rest/update.js';
import { watch } from '../rest/watch.js';
import { ACTIONS } from '../subresource/actions.js';
import { managerOf } from '../write/field-owners.js';
import { warned } from '../write/warned.js';
import { requireConversion } from './require-conversion.js';
import type { ResourceRequest, ResponseStream } from './resource-request.js';
import { requireVerb } from './verbs.js';

/** A request for a resource, as HTTP brings it. */
export interface IncomingRequest {
  path: ResourcePath;
  /** Undefined for a method that no path has. */
  verb: Verb | undefined;
  query: Query;
  accept: string | undefined;
  userAgent: string | undefined;
  body: Body;
  identity: Identity;
  stream: ResponseStream;
}

/** The handlers of the verbs. A watch writes its response by itself, and has no answer. */
const VERBS: Readonly<Record<Verb, (context: ApiContext, request: ResourceRequest) => Promise<Answer | undefined>>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};

const WRITES: readonly Verb[] = ['create', 'update', 'patch'];

/**
 * Serves one request for a resource. Returns undefined when the response is written already, by a watch.
 * @throws ApiError MethodNotAllowed, NotAcceptable, and what the verb throws.
 */
export async function serveResource(context: ApiContext, incoming: IncomingRequest): Promise<Answer | undefined> {
  const { path, query, userAgent } = incoming;
  const { namespace, name = '', subresource = '' } = path;
  const found = subresource === '' ? undefined : path.definition.subresources.find((one) => one.name === subresource);
  const definition = found?.view ?? path.definition;
  const verb = requireVerb(path, incoming.verb);
  requireConversion(context, path, verb);
  const lacksBody = WRITES.includes(verb) && incoming.body.bytes.length === 0;
  requireProduced(incoming.accept, verb === 'list' || verb === 'watch' ? 'collections' : 'objects', lacksBody);
  const negotiated = negotiate(incoming.accept, { stream: verb === 'watch' });
  // An event of a watch is one line.
  const pretty = verb !== 'watch' && (negotiated.pretty || wantsPretty(query.text('pretty'), userAgent));
  const representation = { ...negotiated, pretty };
  if (representation.kind === 'metadata') checkMetadataForm(path, verb, representation.list);
  const request: ResourceRequest = {
    definition,
    namespace,
    name,
    subresource,
    query,
    body: incoming.body,
    manager: managerOf(query, userAgent),
    identity: incoming.identity,
    representation,
    presenter: presenterFor(definition, representation, query.text('includeObject')),
    accept: incoming.accept,
    stream: incoming.stream,
  };
  const action = found?.action;
  const serve = () => (action ? ACTIONS[action](context, request) : VERBS[verb](context, request));
  const { deprecation } = path.definition;
  if (deprecation === undefined) return await serve();
  const answer = await warned([deprecation], serve);
  return answer && { ...answer, warnings: [deprecation, ...(answer.warnings ?? [])] };
}

/** The metadata of a list and of one object are different kinds, and each is refused for the other. */
function checkMetadataForm({ definition }: ResourcePath, verb: Verb, asksList: boolean): void {
  const returnsList = verb === 'list' || verb === 'deletecollection';
  if (verb === 'watch' || returnsList === asksList) return;
  // Upstream names its internal type, whose package is called as the group's first word.
  const type = `*${definition.group.split('.', 1)[0] || 'core'}.${definition.kind}`;
  throw new ApiError(
    'NotAcceptable',
    returnsList
      ? `you requested PartialObjectMetadata, but the requested object is a list (${type}List)`
      : `you requested PartialObjectMetadataList, but the requested object is not a list (${type})`,
  );
}
