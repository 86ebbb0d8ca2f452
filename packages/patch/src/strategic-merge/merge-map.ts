import { type FieldFacts, type LookupType, memberFacts, strategyOf } from '../field-facts.js';
import { copyMap, emptyMap, isMap, type JsonMap, kindOf, member } from '../json.js';
import { badRequest, unsupportedMediaType } from '../patch-error.js';
import { adopt, adoptMap } from './adopt.js';
import { checkKinds } from './check-kinds.js';
import { directiveOf, splitPatch } from './directives.js';
import { mergeList } from './merge-list.js';

/**
 * Applies a strategic merge patch (apimachinery util/strategicpatch): a merge patch whose lists merge where the schema
 * says so, with directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`).
 *
 * Neither argument is changed, and the result shares nothing with them. Fields that the schema does not know merge as
 * maps and are replaced as lists; validation decides whether they may exist.
 *
 * `$patch: merge` is the default and is accepted; upstream documents it and refuses it.
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
  const facts: FieldFacts = { ref: typeName };
  const ownPatch = patchMap(patch);
  checkKinds(ownPatch, facts, lookupType);
  return new MapMerge(lookupType).merge(copyMap(object), ownPatch, facts);
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

/** The patch of one field: its value, and the list under its `$setElementOrder`. */
interface FieldPatch {
  field: string;
  value: unknown;
  order: unknown[] | undefined;
}

/** One application of a patch. It works on copies: values of both sides move into the result. */
class MapMerge {
  constructor(private readonly lookupType: LookupType) {}

  merge(original: JsonMap, patch: JsonMap, facts: FieldFacts | undefined): JsonMap {
    const directive = directiveOf(patch);
    if (directive === 'replace') return adoptMap(patch);
    if (directive === 'delete') return emptyMap();

    const { fields, retainKeys, orders, deletions } = splitPatch(patch);
    const merged = emptyMap();
    for (const [key, value] of Object.entries(original)) {
      if (!retainKeys || retainKeys.has(key)) merged[key] = value;
    }
    for (const field of new Set([...fields.keys(), ...orders.keys()])) {
      const change = { field, value: fields.get(field), order: orders.get(field) };
      const value = this.mergeField(member(merged, field), change, memberFacts(facts, field, this.lookupType));
      if (value === undefined) delete merged[field];
      else merged[field] = value;
    }
    // After the additions, so that a value that is both added and deleted is deleted, whatever the order of keys.
    for (const [field, values] of deletions) {
      const list = member(merged, field);
      if (list === undefined) continue;
      merged[field] = deletePrimitives(field, list, values, memberFacts(facts, field, this.lookupType));
    }
    return merged;
  }

  /** The field's new value; undefined when it has none. */
  private mergeField(original: unknown, change: FieldPatch, facts: FieldFacts | undefined): unknown {
    const { value, order } = change;
    const { mergesList, replacesMap } = strategyOf(facts);
    if (order) {
      if (!mergesList) throw badRequest(`${change.field}: $setElementOrder is for lists that merge`);
      checkOrderedSides(change.field, original, value);
      return this.mergeListField(original, value, order, facts);
    }
    if (value === null) return undefined;
    if (Array.isArray(value) && mergesList) return this.mergeListField(original, value, undefined, facts);
    // Such a list replaces the other as it is, directives included: its type does not have them.
    if (Array.isArray(value) && facts?.arrayOf) return value;
    if (!isMap(value)) return adopt(value);
    if (replacesMap) return adoptMap(value);
    return isMap(original) ? this.merge(original, value, facts) : adopt(value);
  }

  private mergeListField(
    original: unknown,
    patch: unknown,
    order: unknown[] | undefined,
    facts: FieldFacts | undefined,
  ): unknown[] | undefined {
    const { mergeKey } = strategyOf(facts);
    const list = { original: asList(original), patch: asList(patch), order, mergeKey, itemFacts: facts?.arrayOf };
    return mergeList(list, (item, change, itemFacts) => this.merge(item, change, itemFacts));
  }
}

function asList(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function checkOrderedSides(field: string, ...sides: unknown[]): void {
  for (const side of sides) {
    if (side !== undefined && !Array.isArray(side)) {
      throw badRequest(`${field}: expected a list, but received a ${kindOf(side)}`);
    }
  }
}

function deletePrimitives(field: string, list: unknown, values: unknown[], facts: FieldFacts | undefined): unknown[] {
  const { mergesList, mergeKey } = strategyOf(facts);
  if (!Array.isArray(list) || !mergesList || mergeKey !== undefined) {
    throw badRequest(`${field}: $deleteFromPrimitiveList is for lists of primitives that merge`);
  }
  const deleted = new Set(values);
  return list.filter((item) => !deleted.has(item));
}
