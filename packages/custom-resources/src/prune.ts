import { setMember } from '@everynode/objects';
import { isMap, type JsonMap, memberSchema, propertyOf, type Schema } from './schema.js';

/** Members that every embedded object has. */
const TYPE_META = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Returns a value without the fields that its schema does not have. Source: apiextensions-apiserver
 * pkg/apiserver/schema/pruning.
 */
export function pruned(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => pruned(item, items)) : value;
  }
  if (!isMap(value)) return value;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const kept: JsonMap = {};
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known) setMember(kept, key, pruned(member, known));
    else if (keepsUnknown || (isEmbedded && TYPE_META.has(key))) setMember(kept, key, member);
  }
  return kept;
}

/**
 * Fills in defaults in place. A null where the schema allows none is replaced too.
 * Source: pkg/apiserver/schema/defaulting.
 */
export function setDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) setDefaults(item, schema.items);
    return;
  }
  if (!isMap(value)) return;
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    const present = propertyOf(value, key);
    const isMissing = present === undefined || (present === null && member.nullable !== true);
    if (isMissing && member.default !== undefined) setMember(value, key, structuredClone(member.default));
    else if (present === null && member.nullable !== true) delete value[key];
  }
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known) setDefaults(member, known);
  }
}
