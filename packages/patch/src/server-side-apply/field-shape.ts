import { canonicalJson, type FieldFacts, lookupType } from '@everynode/objects';
import { isMap, type JsonMap } from '../json.js';

/** How apply treats a value: a leaf is owned as a whole. Source: structured-merge-diff, schema.Atom. */
type FieldShape =
  | { kind: 'leaf' }
  /** `free`: the keys are data, as in labels, and not fields of a type. */
  | { kind: 'map'; free: boolean; member: (key: string) => FieldFacts | undefined }
  | { kind: 'items'; step: (item: unknown) => string; item: FieldFacts };

const LEAF: FieldShape = { kind: 'leaf' };

/** The shape of a value from the facts of its field. A value that the schema does not know is a leaf. */
export function shapeOf(facts: FieldFacts | undefined, value: unknown): FieldShape {
  if (!facts || facts['map-type'] === 'atomic') return LEAF;
  if (Array.isArray(value)) return listShape(facts);
  if (!isMap(value)) return LEAF;
  if (facts.mapOf) {
    const { mapOf } = facts;
    return { kind: 'map', free: true, member: () => mapOf };
  }
  const type = facts.ref === undefined ? undefined : lookupType(facts.ref);
  const fields = type?.fields;
  if (!fields || type['map-type'] === 'atomic') return LEAF;
  return { kind: 'map', free: false, member: (key) => (Object.hasOwn(fields, key) ? fields[key] : undefined) };
}

function listShape(facts: FieldFacts): FieldShape {
  const { arrayOf } = facts;
  if (!arrayOf) return LEAF;
  if (facts['list-type'] === 'set') {
    return { kind: 'items', step: (item) => `v:${canonicalJson(item)}`, item: { type: 'string' } };
  }
  const keys = facts['list-map-keys'];
  if (facts['list-type'] !== 'map' || !keys) return LEAF;
  const known = arrayOf.ref === undefined ? undefined : lookupType(arrayOf.ref)?.fields;
  const step = (item: unknown): string => {
    const named: JsonMap = {};
    for (const key of keys) named[key] = (isMap(item) ? item[key] : undefined) ?? known?.[key]?.default ?? null;
    return `k:${canonicalJson(named)}`;
  };
  return { kind: 'items', step, item: arrayOf };
}
