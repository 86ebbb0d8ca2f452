import { createHash } from 'node:crypto';
import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ListMeta } from '../present/presenter.js';
import type { Query } from '../query.js';
import { type Selection, selectionFrom } from '../selection.js';

/** Objects of a list, in key order, and what the list says of itself. */
export interface ListResult {
  objects: CachedObject[];
  meta: ListMeta;
}

/** Lists whose remaining pages somebody may still ask for. The oldest goes when there are too many. */
const MAX_OPEN_LISTS = 200;
const openLists = new Map<string, CachedObject[]>();

interface Token {
  /** Revision of the list. */
  rv: number;
  /** Where the next page begins in it. */
  from: number;
  /** Which list: its objects are kept so that all pages show one moment. */
  list: string;
}

/** Serves a list from the cache. Source of the parameters' meaning: apiserver storage/cacher, GetList. */
export async function listObjects(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  query: Query,
): Promise<ListResult> {
  const selection = selectionFrom(definition, namespace, query);
  const limit = query.count('limit') ?? 0;
  const token = query.text('continue');
  if (token !== undefined) return nextPage(token, limit, query);
  await reachRevision(context, query);
  const { revision } = context.reflector;
  const exact = query.text('resourceVersionMatch') === 'Exact' ? query.count('resourceVersion') : undefined;
  if (
    exact !== undefined &&
    exact !== revision &&
    context.watches.changedBetween(definition.storage, exact, revision)
  ) {
    throw expired(exact, revision);
  }
  const objects = select(context.reflector.cache(definition.storage), selection);
  const shownRevision = exact ?? revision;
  if (limit === 0 || objects.length <= limit) {
    return { objects, meta: { resourceVersion: String(shownRevision) } };
  }
  const list = createHash('sha256')
    .update(`${definition.storage} ${namespace} ${shownRevision} ${Math.random()}`)
    .digest('base64url')
    .slice(0, 22);
  keepOpen(list, objects);
  return page(objects, { rv: shownRevision, from: 0, list }, limit);
}

function keepOpen(list: string, objects: CachedObject[]): void {
  openLists.set(list, objects);
  for (const oldest of openLists.keys()) {
    if (openLists.size <= MAX_OPEN_LISTS) break;
    openLists.delete(oldest);
  }
}

function page(objects: CachedObject[], { rv, from, list }: Token, limit: number): ListResult {
  const next = from + limit;
  const rest = objects.length - next;
  const meta: ListMeta = { resourceVersion: String(rv) };
  if (rest > 0) {
    meta.continue = Buffer.from(JSON.stringify({ rv, from: next, list } satisfies Token)).toString('base64url');
    meta.remainingItemCount = rest;
  } else openLists.delete(list);
  return { objects: objects.slice(from, next), meta };
}

function nextPage(text: string, limit: number, query: Query): ListResult {
  if (query.text('resourceVersion') !== undefined) {
    throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
  }
  const token = parseToken(text);
  const objects = openLists.get(token.list);
  if (!objects) throw expired(token.rv, token.rv);
  return page(objects, token, limit || objects.length);
}

function parseToken(text: string): Token {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>;
    if (Number.isInteger(token.rv) && Number.isInteger(token.from) && typeof token.list === 'string')
      return token as Token;
  } catch (cause) {
    throw new ApiError('BadRequest', 'continue key is not valid', undefined, { cause });
  }
  throw new ApiError('BadRequest', 'continue key is not valid');
}

/** The 410 for a revision that is not to be had any more. */
export function expired(asked: number, oldest: number): ApiError {
  return new ApiError('Expired', `too old resource version: ${asked} (${oldest})`);
}

/** Waits until the cache is as new as the request asks for. */
export async function reachRevision(context: ApiContext, query: Query): Promise<void> {
  const match = query.text('resourceVersionMatch');
  const text = query.text('resourceVersion');
  if (match !== undefined && match !== 'Exact' && match !== 'NotOlderThan') {
    throw new ApiError(
      'Invalid',
      `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan"`,
    );
  }
  if (match !== undefined && text === undefined) {
    throw new ApiError(
      'Invalid',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
  }
  if (match === 'Exact' && text === '0') {
    throw new ApiError(
      'Invalid',
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  }
  const revision = query.count('resourceVersion');
  if (revision === undefined) await context.freshReads.catchUp();
  else if (revision > 0) await context.freshReads.waitFor(revision);
}

/** Objects of a selection, in the order of their keys. */
export function select(cache: ObjectCache, selection: Selection): CachedObject[] {
  const { namespace, name, placement } = selection;
  let candidates: Iterable<CachedObject>;
  if (name !== undefined && namespace !== '') {
    const found = cache.get(namespace, name);
    candidates = found ? [found] : [];
  } else if (placement) candidates = cache.find('byPlacement', placement);
  else candidates = cache.list(namespace === '' ? undefined : namespace);
  const objects: CachedObject[] = [];
  for (const object of candidates) if (selection.matches(object)) objects.push(object);
  return objects.sort(byKey);
}

function byKey({ record: a }: CachedObject, { record: b }: CachedObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
