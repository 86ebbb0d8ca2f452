import { isDeepStrictEqual } from 'node:util';
import { type FieldFacts, type LookupType, memberFacts, strategyOf } from '../field-facts.js';
import { compareKeys, copyMap, isMap, type JsonMap, member } from '../json.js';
import { DIRECTIVE_KEY, deletePrimitivesKey, RETAIN_KEYS, setOrderKey } from './directives.js';
import { asMaps, itemKind, keyOfItems, mergeKeyValue } from './list-items.js';

/**
 * The strategic merge patch that turns `original` into `modified` (strategicpatch CreateTwoWayMergePatch).
 *
 * Null members cannot be expressed in a patch and read as absent; lists of primitives that merge count as sets.
 */
export function diffStrategicMerge(
  original: object,
  modified: object,
  typeName: string,
  lookupType: LookupType,
): JsonMap {
  return threeWayMergePatch(original, modified, original, typeName, lookupType);
}

/**
 * The patch of `kubectl apply`: what `modified` adds or changes against `current`, and takes away what was in `original`
 * and is not in `modified`. What others added to `current` stays. Conflicts are overwritten.
 *
 * @param original What was applied last.
 * @param modified What is to be applied now.
 * @param current The live object.
 */
export function threeWayMergePatch(
  original: object,
  modified: object,
  current: object,
  typeName: string,
  lookupType: LookupType,
): JsonMap {
  const sides = {
    base: copyMap(original, 'object'),
    wanted: copyMap(modified, 'object'),
    live: copyMap(current, 'object'),
  };
  return new Diff(lookupType).ofMaps(sides, { ref: typeName }, false);
}

/**
 * Three states of one value. Deletions are read off base against wanted, all other changes off live against wanted; a
 * two-way diff is the case where base and live are the same.
 */
interface Sides<T> {
  base: T;
  wanted: T;
  live: T;
}

class Diff {
  constructor(private readonly lookupType: LookupType) {}

  ofMaps({ base, wanted, live }: Sides<JsonMap>, facts: FieldFacts | undefined, retainsKeys: boolean): JsonMap {
    const patch: JsonMap = {};
    for (const key of Object.keys(base)) {
      if (member(wanted, key) === undefined) patch[key] = null;
    }
    for (const [key, value] of Object.entries(wanted)) {
      const sides = { base: member(base, key), wanted: value, live: member(live, key) };
      this.addMember(patch, key, sides, memberFacts(facts, key, this.lookupType));
    }
    const drops = Object.keys(live).some((key) => member(wanted, key) === undefined);
    if (retainsKeys && (drops || Object.keys(patch).length > 0))
      patch[RETAIN_KEYS] = Object.keys(wanted).sort(compareKeys);
    return patch;
  }

  private addMember(patch: JsonMap, key: string, sides: Sides<unknown>, facts: FieldFacts | undefined): void {
    const { base, wanted, live } = sides;
    const strategy = strategyOf(facts);
    if (isMap(wanted) && isMap(live) && !strategy.replacesMap) {
      const change = this.ofMaps({ base: isMap(base) ? base : {}, wanted, live }, facts, strategy.retainsKeys);
      if (Object.keys(change).length > 0) patch[key] = change;
    } else if (Array.isArray(wanted) && Array.isArray(live) && strategy.mergesList) {
      this.addList(patch, key, { base: Array.isArray(base) ? base : [], wanted, live }, facts);
    } else if (!isDeepStrictEqual(wanted, live)) {
      patch[key] = wanted;
    }
  }

  private addList(patch: JsonMap, key: string, sides: Sides<unknown[]>, facts: FieldFacts | undefined): void {
    const { base, wanted, live } = sides;
    const kind = itemKind(base, wanted, live);
    if (kind !== 'map') {
      this.addPrimitives(patch, key, sides);
      return;
    }
    const { mergeKey, retainsKeys } = strategyOf(facts);
    if (mergeKey === undefined || [base, wanted, live].some((list) => hasDuplicates(list, mergeKey))) {
      // Items cannot be told apart by their key, so no patch item could name one (ports 53/UDP and 53/TCP).
      if (!isDeepStrictEqual(wanted, live)) patch[key] = [{ [DIRECTIVE_KEY]: 'replace' }, ...wanted];
      return;
    }
    const change = this.ofItems(
      { base: asMaps(base), wanted: asMaps(wanted), live: asMaps(live) },
      mergeKey,
      facts?.arrayOf,
      retainsKeys,
    );
    if (change.length > 0) patch[key] = change;
    const keyOf = keyOfItems(mergeKey);
    if (wanted.length > 0 && (change.length > 0 || isReordered(wanted.map(keyOf), live.map(keyOf)))) {
      patch[setOrderKey(key)] = wanted.map((item) => ({ [mergeKey]: keyOf(item) }));
    }
  }

  private ofItems(
    { base, wanted, live }: Sides<JsonMap[]>,
    mergeKey: string,
    facts: FieldFacts | undefined,
    retainsKeys: boolean,
  ): JsonMap[] {
    const byKey = (items: JsonMap[]): Map<unknown, JsonMap> =>
      new Map(items.map((item) => [mergeKeyValue(item, mergeKey), item]));
    const [baseItems, liveItems, wantedItems] = [byKey(base), byKey(live), byKey(wanted)];
    const change: JsonMap[] = [];
    for (const [key, item] of wantedItems) {
      const liveItem = liveItems.get(key);
      if (!liveItem) {
        change.push(item);
        continue;
      }
      const sides = { base: baseItems.get(key) ?? {}, wanted: item, live: liveItem };
      const itemChange = this.ofMaps(sides, facts, retainsKeys);
      if (Object.keys(itemChange).length > 0) change.push({ ...itemChange, [mergeKey]: key });
    }
    for (const key of baseItems.keys()) {
      if (!wantedItems.has(key)) change.push({ [mergeKey]: key, [DIRECTIVE_KEY]: 'delete' });
    }
    return change;
  }

  private addPrimitives(patch: JsonMap, key: string, { base, wanted, live }: Sides<unknown[]>): void {
    const [inLive, inWanted] = [new Set(live), new Set(wanted)];
    const added = wanted.filter((item) => !inLive.has(item));
    const deleted = [...new Set(base)].filter((item) => !inWanted.has(item));
    if (added.length > 0) patch[key] = added;
    if (deleted.length > 0) patch[deletePrimitivesKey(key)] = deleted;
    if (wanted.length > 0 && (added.length > 0 || deleted.length > 0 || isReordered(wanted, live))) {
      patch[setOrderKey(key)] = wanted;
    }
  }
}

/** True when the items that both lists hold stand in another order. */
function isReordered(wanted: readonly unknown[], live: readonly unknown[]): boolean {
  const [inLive, inWanted] = [new Set(live), new Set(wanted)];
  const liveRun = live.filter((item) => inWanted.has(item));
  return wanted.filter((item) => inLive.has(item)).some((item, index) => item !== liveRun[index]);
}

function hasDuplicates(items: readonly unknown[], mergeKey: string): boolean {
  return new Set(asMaps(items).map((item) => item[mergeKey])).size < items.length;
}
