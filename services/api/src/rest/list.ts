import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Snapshot } from '../collection/snapshot.js';
import type { ReadRequest, ResourceRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { withHeartbeat } from '../leases/lease-times.js';
import { type Continuation, decodeToken, expiredToken } from '../read/continue-token.js';
import { type ListOptions, listOptions, revisionOf } from '../read/list-options.js';
import { keyCount, type ListResult, pageOf, select } from '../read/page.js';
import { type Selection, selectionFrom } from '../read/selection.js';
import { staleWarnings } from '../read/stale-warnings.js';

/** GET of a collection. */
export async function list(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  const { presenter, representation, query } = request;
  const { objects, meta } = await listObjects(context, request, representation.kind === 'table');
  const shown = objects.map((object) => withHeartbeat(object, context.heartbeats));
  // A list of the newest state, one of an exact revision, and every page of a snapshot, show what they promise.
  const mayBeStale = (query.text('resourceVersion') ?? '') !== '' && query.text('resourceVersionMatch') !== 'Exact';
  return {
    status: 200,
    payload: presenter.list(shown, meta),
    contentType: presenter.contentType,
    ...(mayBeStale && { warnings: staleWarnings(context) }),
  };
}

/**
 * Lists from the cache. All pages of a list show one snapshot, on any replica: later changes are taken back by means of
 * the watch history. Source of the parameters' meaning: apiserver storage/cacher, GetList, and storage/etcd3, GetList.
 * @throws ApiError BadRequest, Invalid, Expired, Timeout.
 */
export async function listObjects(
  context: ApiContext,
  { definition, namespace, query }: ReadRequest,
  asTable = false,
): Promise<ListResult> {
  const options = listOptions(query, false);
  const selection = selectionFrom(definition, namespace, query);
  const continuation = options.token === '' ? undefined : decodeToken(options.token);
  await untilShowable(context, options, continuation);
  const read = (): ListResult =>
    readList(context, { definition, namespace, selection, options, continuation, asTable });
  return await (context.work ? context.work.piece(read) : read());
}

/** What is to be read of a collection. */
interface Reading {
  definition: ResourceDefinition;
  namespace: string;
  selection: Selection;
  options: ListOptions;
  continuation: Continuation | undefined;
  asTable: boolean;
}

/** Nothing is awaited here: the cache moves on, and a snapshot shows it as it is when its objects are read. */
function readList(
  context: ApiContext,
  { definition, namespace, selection, options, continuation, asTable }: Reading,
): ListResult {
  const snapshot = snapshotFor(context, definition, options, continuation);
  // A list at any revision is answered whole from upstream's cache: informers that page rely on it.
  const isWhole =
    options.resourceVersion === '0' ||
    (!continuation && asTable && wouldThrottle(options.limit, snapshot, definition, namespace));
  const limit = isWhole ? 0 : options.limit;
  const isCurrent = snapshot.revision === context.reflector.revision;
  if (limit === 0 && !continuation && isCurrent) {
    return { objects: select(context, definition, selection), meta: { resourceVersion: String(snapshot.revision) } };
  }
  const result = pageOf(snapshot, { definition, selection, limit, start: continuation?.start ?? '' });
  if (result.meta.continue !== undefined) context.collections.keep(definition.storage, snapshot);
  return result;
}

/** Waits until the cache has everything that the list must show. @throws ApiError BadRequest, Timeout. */
async function untilShowable(
  { freshReads }: ApiContext,
  { resourceVersion }: ListOptions,
  continuation: Continuation | undefined,
): Promise<void> {
  if (continuation && resourceVersion !== '' && resourceVersion !== '0') {
    throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
  }
  const revision = continuation ? continuation.revision : revisionOf(resourceVersion);
  if (revision === undefined) await freshReads.catchUp();
  else if (revision > 0) await freshReads.waitFor(revision);
}

/** Returns the snapshot that the list shows. @throws ApiError Expired where it is not known any more. */
function snapshotFor(
  { collections }: ApiContext,
  { storage }: ResourceDefinition,
  { resourceVersion, match, limit }: ListOptions,
  continuation: Continuation | undefined,
): Snapshot {
  if (continuation) {
    if (continuation.revision === undefined) return collections.now(storage);
    const snapshot = collections.at(storage, continuation.revision);
    if (!snapshot) throw expiredToken(continuation);
    return snapshot;
  }
  const revision = revisionOf(resourceVersion);
  // Without a match rule, a limit with a revision means exactly that revision: so it was before there were rules.
  const exact = revision !== undefined && (match === 'Exact' || (match === undefined && limit > 0 && revision > 0));
  const snapshot = exact ? collections.at(storage, revision) : collections.now(storage);
  if (!snapshot) throw new ApiError('Expired', 'The resourceVersion for the provided list is too old.');
  return snapshot;
}

/** The limit that kubectl sends unless its user names another one. */
const KUBECTL_LIMIT = 500;
/** Requests that kubectl sends before it limits itself to five a second (client-go's default rate). */
const KUBECTL_BURST = 10;

/**
 * True for a table that kubectl would read in so many pages that it spends most of its time in its own rate limit; it
 * prints nothing before the last page. The API does not require a server to keep to a limit.
 */
function wouldThrottle(limit: number, snapshot: Snapshot, definition: ResourceDefinition, namespace: string): boolean {
  return limit === KUBECTL_LIMIT && keyCount(snapshot, definition, namespace) > KUBECTL_BURST * limit;
}
