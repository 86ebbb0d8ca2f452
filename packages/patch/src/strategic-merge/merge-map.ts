import { type FieldFacts, type LookupType, memberFacts, strategyOf } from '../field-facts.js';
import { goTypeOf } from '../go-text.js';
import { copyMap, emptyMap, isMap, type JsonMap, kindOf, member } from '../json.js';
import { badRequest, unsupportedMediaType } from '../patch-error.js';
import { withoutDirectives, withoutNulls } from './adopt.js';
import {
  DIRECTIVE_KEY,
  deletedFieldOf,
  isDeletionKey,
  isOrderKey,
  orderedFieldOf,
  RETAIN_KEYS,
  replacementOf,
} from './directives.js';
import { checkOrder, orderList } from './element-order.js';
import { itemKind } from './list-items.js';
import { mergeList } from './merge-list.js';

/**
 * Applies a strategic merge patch: a merge patch whose lists merge where the schema says so, with directives
 * (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`). Source: apimachinery
 * util/strategicpatch, whose oddities are kept: clients rely on them.
 *
 * Neither argument is changed, and the result shares nothing with them. Fields that the schema does not know merge as
 * maps and are replaced as lists; validation decides whether they may exist.
 * @param typeName Name of the object's type in the schema.
 * @throws ApiError BadRequest for a patch that does not fit the schema or misuses a directive, Invalid for lists of
 *   lists, UnsupportedMediaType for a type without schema (as upstream for custom resources).
 */
export function applyStrategicMergePatch(
  object: object,
  patch: unknown,
  typeName: string,
  lookupType: LookupType,
): JsonMap {
  if (!lookupType(typeName)?.fields) throw unsupportedMediaType(`strategic merge patch is not served for ${typeName}`);
  return new MapMerge(lookupType).merge(copyMap(object), patchMap(patch), { ref: typeName });
}

/** The patch as Go's decoder reads it into a map: null leaves the map empty. */
function patchMap(patch: unknown): JsonMap {
  if (patch === null) return emptyMap();
  if (isMap(patch)) return copyMap(patch);
  const kind = kindOf(patch) === 'list' ? 'array' : typeof patch;
  throw badRequest(
    `json: cannot unmarshal ${kind === 'boolean' ? 'bool' : kind} into Go value of type map[string]interface {}`,
  );
}

/** One application of a patch. It works on copies: values of both sides move into the result. */
class MapMerge {
  constructor(private readonly lookupType: LookupType) {}

  /** Merges the patch into the map, which it changes. Source: mergeMap. */
  merge(original: JsonMap, patch: JsonMap, facts: FieldFacts | undefined): JsonMap {
    if (Object.hasOwn(patch, DIRECTIVE_KEY)) return replacementOf(patch);
    retainKeys(original, patch);
    for (const key of Object.keys(patch).filter(isOrderKey)) this.mergeOrdered(original, patch, key, facts);
    // Deletions come last, so that a value that is both added and deleted is deleted, whatever the order of keys.
    const keys = Object.keys(patch);
    for (const key of keys.filter((each) => !isDeletionKey(each))) this.mergeMember(original, key, patch[key], facts);
    for (const key of keys.filter(isDeletionKey)) this.deleteValues(original, key, patch[key], facts);
    return original;
  }

  private mergeMember(original: JsonMap, key: string, value: unknown, facts: FieldFacts | undefined): void {
    if (value === null) {
      delete original[key];
      return;
    }
    const live = member(original, key);
    const memberOf = memberFacts(facts, key, this.lookupType);
    if (isMap(live) && isMap(value)) {
      original[key] = strategyOf(memberOf).replacesMap ? value : this.merge(live, value, memberOf);
    } else if (Array.isArray(live) && !isEmptyList(live) && Array.isArray(value)) {
      original[key] = this.mergeItems(live, value, memberOf);
    } else {
      const kept = withoutDirectives(withoutNulls(value));
      if (kept === undefined) delete original[key];
      else original[key] = kept;
    }
  }

  /** A list without the strategy `merge` is replaced by the patch's, directives included. Source: mergeSliceHandler. */
  private mergeItems(live: unknown[], patch: unknown[], facts: FieldFacts | undefined): unknown[] {
    const { mergesList, mergeKey } = strategyOf(facts);
    if (!mergesList) return patch;
    return mergeList(live, patch, mergeKey, (item, change) => this.merge(item, change, facts?.arrayOf));
  }

  /** Removes values from a list, whatever its strategy. */
  private deleteValues(original: JsonMap, key: string, values: unknown, facts: FieldFacts | undefined): void {
    const field = deletedFieldOf(key);
    const live = member(original, field);
    if (values === null) delete original[field];
    if (!Array.isArray(live) || !Array.isArray(values)) return;
    if (itemKind(live, values) === 'map') {
      const { mergeKey } = strategyOf(memberFacts(facts, field, this.lookupType));
      original[field] = mergeList(live, values, mergeKey, (item, change) => this.merge(item, change, undefined));
      return;
    }
    const deleted = new Set(values);
    original[field] = live.filter((item) => !deleted.has(item));
  }

  /** Merges a list and brings it into the order that its directive has. Source: mergePatchIntoOriginal. */
  private mergeOrdered(original: JsonMap, patch: JsonMap, key: string, facts: FieldFacts | undefined): void {
    const order = listOf(patch[key]);
    delete patch[key];
    const field = orderedFieldOf(key);
    const before = member(original, field);
    const live = before === undefined || isEmptyList(before) ? undefined : listOf(before);
    const change = Object.hasOwn(patch, field) ? listOf(patch[field]) : undefined;
    const listFacts = memberFacts(facts, field, this.lookupType);
    if (facts?.mapOf) throw badRequest('merging an object in json but data type is not struct, instead is: map');
    if (!listFacts) {
      const type = facts?.ref?.split('.').at(-1) ?? '';
      throw badRequest(`unable to find api field in struct ${type} for the json field ${JSON.stringify(field)}`);
    }
    if (!listFacts.arrayOf) throw badRequest('expected slice or array type, but got: struct');
    const { mergeKey } = strategyOf(listFacts);
    if (change) checkOrder(change, order, mergeKey);
    const merged = live && change ? this.mergeItems(live, change, listFacts) : (live ?? added(change));
    if (!merged) return;
    if (itemKind(live ?? [], change ?? []) === undefined) throw badRequest('no elements in any of the given slices');
    original[field] = orderList(merged, order, live ?? [], mergeKey);
    delete patch[field];
  }
}

/** Upstream's object has no empty lists, which `omitempty` leaves out. */
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const added = (list: unknown[] | undefined): unknown[] | undefined =>
  list && (withoutDirectives(list) as unknown[] | undefined);

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw badRequest(`expected a []interface {}, but received a ${goTypeOf(value)}`);
}

/**
 * Removes what `$retainKeys` does not name. A patch may only set keys that it also retains: any other key would be set
 * and dropped at once. Source: applyRetainKeysDirective.
 */
function retainKeys(original: JsonMap, patch: JsonMap): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const named = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(named)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(named);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || isDeletionKey(key) || isOrderKey(key) || kept.has(key)) continue;
    throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}
