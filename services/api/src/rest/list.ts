import type { CachedObject } from '@everynode/list-watch';
import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { indexFrom } from '../collection/key-order.js';
import type { Snapshot } from '../collection/snapshot.js';
import type { Query } from '../http/query.js';
import type { ListMeta } from '../present/presenter.js';
import { type Continuation, decodeToken, encodeToken, expiredToken } from '../read/continue-token.js';
import { type ListOptions, listOptions, revisionOf } from '../read/list-options.js';
import { type Selection, selectionFrom } from '../read/selection.js';

/** Objects of a list, in key order, and what the list says of itself. */
export interface ListResult {
  objects: CachedObject[];
  meta: ListMeta;
}

/**
 * Serves a list from the cache. All pages of a list show one snapshot, on any replica: what changed since is taken back from
 * the watch history. Source of the parameters' meaning: apiserver storage/cacher, GetList, and storage/etcd3, GetList.
 */
export async function listObjects(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  query: Query,
  asTable = false,
): Promise<ListResult> {
  const options = listOptions(query, false);
  const selection = selectionFrom(definition, namespace, query);
  const continuation = options.token === '' ? undefined : decodeToken(options.token);
  await untilShowable(context, options, continuation);
  // From here on nothing is waited for: the cache moves on, and a snapshot is what there is when it is looked at.
  const snapshot = snapshotOf(context, definition, options, continuation);
  // Where any revision does, upstream answers whole from its cache: informers that page begin so.
  const isWhole =
    !continuation &&
    (options.resourceVersion === '0' || (asTable && wouldThrottle(options.limit, snapshot, definition, namespace)));
  const limit = isWhole ? 0 : options.limit;
  const isPresent = snapshot.revision === context.reflector.revision;
  if (limit === 0 && !continuation && isPresent) {
    return { objects: select(context, definition, selection), meta: { resourceVersion: String(snapshot.revision) } };
  }
  const result = page(snapshot, definition, selection, limit, continuation?.start ?? '');
  if (result.meta.continue !== undefined) context.collections.keep(definition.storage, snapshot);
  return result;
}

/** Waits until the cache has what a list is to show. @throws ApiError BadRequest, Timeout. */
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

/** The snapshot that a list shows. @throws ApiError Expired where it is not known any more. */
function snapshotOf(
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
  // A limit with a revision and no rule for it has meant exactly that revision since before there were rules.
  const exact = revision !== undefined && (match === 'Exact' || (match === undefined && limit > 0 && revision > 0));
  const snapshot = exact ? collections.at(storage, revision) : collections.now(storage);
  if (!snapshot) throw new ApiError('Expired', 'The resourceVersion for the provided list is too old.');
  return snapshot;
}

/** What all keys of a list begin with; tokens leave it out. */
function prefixOf(definition: ResourceDefinition, namespace: string): string {
  if (!definition.namespaced) return '/';
  return namespace === '' ? '' : `${namespace}/`;
}

/** The limit that kubectl sends when nobody names another one. */
const KUBECTL_LIMIT = 500;
/** Requests that it sends before it holds itself back to five a second (client-go's default rate). */
const KUBECTL_BURST = 10;

/**
 * True for a table that kubectl would ask for in so many pages that it spends most of its time waiting for itself: it prints
 * nothing before it has all of them. The API leaves it to servers whether they heed a limit.
 */
function wouldThrottle(limit: number, { keys }: Snapshot, definition: ResourceDefinition, namespace: string): boolean {
  if (limit !== KUBECTL_LIMIT) return false;
  const prefix = prefixOf(definition, namespace);
  return endOf(keys, prefix) - indexFrom(keys, prefix) > KUBECTL_BURST * limit;
}

/** Index behind the last key with a prefix. */
function endOf(keys: readonly string[], prefix: string): number {
  return prefix === '' ? keys.length : indexFrom(keys, `${prefix.slice(0, -1)}0`);
}

function page(
  { keys, object, revision, isExact }: Snapshot,
  definition: ResourceDefinition,
  selection: Selection,
  limit: number,
  start: string,
): ListResult {
  const prefix = prefixOf(definition, selection.namespace);
  const end = endOf(keys, prefix);
  const objects: CachedObject[] = [];
  const meta: ListMeta = { resourceVersion: String(revision) };
  for (let i = indexFrom(keys, prefix + start); i < end; i += 1) {
    const found = object(keys[i] as string);
    if (!found) continue;
    if (objects.length === limit && limit > 0) {
      const last = objects.at(-1)?.record;
      const key = last ? `${last.namespace}/${last.name}`.slice(prefix.length) : '';
      meta.continue = encodeToken({ revision, start: `${key}\0` });
      // How many of the rest match is not known without looking at them all.
      if (selection.selectsAll) meta.remainingItemCount = isExact ? end - i : countFrom(keys, object, i, end);
      return { objects, meta };
    }
    if (selection.matches(found)) objects.push(found);
  }
  return { objects, meta };
}

function countFrom(keys: readonly string[], object: Snapshot['object'], from: number, end: number): number {
  let count = 0;
  for (let i = from; i < end; i += 1) if (object(keys[i] as string)) count += 1;
  return count;
}

/** The 410 for a revision that is not to be had any more. */
export function expired(asked: number, oldest: number): ApiError {
  return new ApiError('Expired', `too old resource version: ${asked} (${oldest})`);
}

/** Objects of a selection as they are now, in the order of their keys. */
export function select(context: ApiContext, definition: ResourceDefinition, selection: Selection): CachedObject[] {
  const { namespace, name, placement } = selection;
  const cache = context.reflector.cache(definition.storage);
  if (name !== undefined && (namespace !== '' || !definition.namespaced)) {
    const found = cache.get(namespace, name);
    return found && selection.matches(found) ? [found] : [];
  }
  if (placement === undefined)
    return page(context.collections.now(definition.storage), definition, selection, 0, '').objects;
  return [...cache.find('byPlacement', placement)].filter((object) => selection.matches(object)).sort(byKey);
}

/** As the keys' text compares, like upstream: `a-b/x` comes before `a/x`. */
function byKey({ record: a }: CachedObject, { record: b }: CachedObject): number {
  if (a.namespace === b.namespace) return a.name < b.name ? -1 : 1;
  return `${a.namespace}/` < `${b.namespace}/` ? -1 : 1;
}
