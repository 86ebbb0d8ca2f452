import type { CachedObject } from '@everynode/list-watch';
import type { ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { indexFrom } from '../collection/key-order.js';
import type { Snapshot } from '../collection/snapshot.js';
import type { ListMeta } from '../present/presenter.js';
import { encodeToken } from './continue-token.js';
import type { Selection } from './selection.js';

/** Objects of a list, in key order, with the list's own metadata. */
export interface ListResult {
  objects: CachedObject[];
  meta: ListMeta;
}

/** Which objects of a snapshot a list returns. */
export interface PageRequest {
  definition: ResourceDefinition;
  selection: Selection;
  /** Most objects of the page; 0 for no limit. */
  limit: number;
  /** The first key of the page, without the list's prefix; empty for the first page. */
  start: string;
}

/** One page of a list. The snapshot's objects are read at once. */
export function pageOf(
  { keys, object, revision, isExact }: Snapshot,
  { definition, selection, limit, start }: PageRequest,
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
      // With a selector the number of remaining matches is unknown without testing all of them.
      if (selection.selectsAll) meta.remainingItemCount = isExact ? end - i : countFrom(keys, object, i, end);
      return { objects, meta };
    }
    if (selection.matches(found)) objects.push(found);
  }
  return { objects, meta };
}

/** The objects of a selection as they are now, in key order. */
export function select(context: ApiContext, definition: ResourceDefinition, selection: Selection): CachedObject[] {
  const { namespace, name, placement } = selection;
  const cache = context.reflector.cache(definition.storage);
  if (name !== undefined && (namespace !== '' || !definition.namespaced)) {
    const found = cache.get(namespace, name);
    return found && selection.matches(found) ? [found] : [];
  }
  if (placement === undefined) {
    const all = { definition, selection, limit: 0, start: '' };
    return pageOf(context.collections.now(definition.storage), all).objects;
  }
  return [...cache.find('byPlacement', placement)].filter((object) => selection.matches(object)).sort(byKey);
}

/** The number of keys that a list of a namespace goes through; of the whole resource where it is empty. */
export function keyCount({ keys }: Snapshot, definition: ResourceDefinition, namespace: string): number {
  const prefix = prefixOf(definition, namespace);
  return endOf(keys, prefix) - indexFrom(keys, prefix);
}

/** The prefix of all keys of a list. Continue tokens leave it out. */
function prefixOf(definition: ResourceDefinition, namespace: string): string {
  if (!definition.namespaced) return '/';
  return namespace === '' ? '' : `${namespace}/`;
}

/** Index behind the last key with a prefix. */
function endOf(keys: readonly string[], prefix: string): number {
  return prefix === '' ? keys.length : indexFrom(keys, `${prefix.slice(0, -1)}0`);
}

function countFrom(keys: readonly string[], object: Snapshot['object'], from: number, end: number): number {
  let count = 0;
  for (let i = from; i < end; i += 1) if (object(keys[i] as string)) count += 1;
  return count;
}

/** As the keys' text compares, like upstream: `a-b/x` comes before `a/x`. */
function byKey({ record: a }: CachedObject, { record: b }: CachedObject): number {
  if (a.namespace === b.namespace) return a.name < b.name ? -1 : 1;
  return `${a.namespace}/` < `${b.namespace}/` ? -1 : 1;
}
