import { isObject, type Json, type JsonObject } from '../exchange.js';
import type { Bindings } from './bindings.js';

/**
 * Returns our list in the order of the recorded one, where generated names decide the order. Objects without a
 * counterpart come last. A list without generated names keeps its order, which is compared.
 */
export function alignItems(recorded: Json[], ours: Json[], bindings: Bindings): Json[] {
  const metas = recorded.map(metadataOf);
  if (!metas.some((meta) => isGenerated(meta, bindings))) return ours;
  const left = new Set(ours);
  const take = (wanted: (meta: JsonObject) => boolean): Json | undefined => {
    for (const item of left) {
      const meta = metadataOf(item);
      if (meta === undefined || !wanted(meta)) continue;
      left.delete(item);
      return item;
    }
    return undefined;
  };
  const named = metas.map((meta) => {
    if (meta === undefined) return undefined;
    return take(
      ({ name, namespace }) => name === translated(meta.name, bindings) && same(namespace, meta.namespace, bindings),
    );
  });
  const found = named.map((item, index) => {
    const meta = metas[index];
    if (item !== undefined || typeof meta?.generateName !== 'string') return item;
    return take(
      ({ generateName, namespace }) => generateName === meta.generateName && same(namespace, meta.namespace, bindings),
    );
  });
  return [...found.filter((item) => item !== undefined), ...left];
}

const translated = (value: Json | undefined, bindings: Bindings): Json | undefined =>
  typeof value === 'string' ? bindings.translate(value) : value;

const same = (ours: Json | undefined, recorded: Json | undefined, bindings: Bindings): boolean =>
  ours === translated(recorded, bindings);

function isGenerated(meta: JsonObject | undefined, bindings: Bindings): boolean {
  if (meta === undefined) return false;
  if (typeof meta.generateName === 'string' && meta.generateName !== '') return true;
  return [meta.name, meta.namespace].some((name) => typeof name === 'string' && bindings.isBound(name));
}

/** The metadata of an object, or of the object in a table's row. */
function metadataOf(item: Json): JsonObject | undefined {
  if (!isObject(item)) return undefined;
  const object = isObject(item.metadata) ? item : item.object;
  return isObject(object) && isObject(object.metadata) ? object.metadata : undefined;
}
