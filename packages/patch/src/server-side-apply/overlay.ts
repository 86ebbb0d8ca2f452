import { type FieldFacts, lookupType } from '@everynode/objects';
import { isMap, type JsonMap } from '../json.js';
import { atomOfType } from './atom.js';
import { mergeFields } from './merge-fields.js';
import { plain } from './ownership.js';

/**
 * Merges a configuration into an object as an apply does, but for owners: it conflicts with none, and removes nothing.
 * Neither is changed, and the result shares values with both.
 */
export const overlay = (typeName: string, live: object, config: object): JsonMap =>
  mergeFields(plain(live), plain(config), atomOfType(typeName)) as JsonMap;

/**
 * The paths of the lists, maps and structs of a configuration that would replace those of the object as a whole.
 * Source: apiserver plugin/policy/mutating/patch/smd.go, findAtomics.
 */
export const atomicPaths = (typeName: string, config: object): string[] => atomicsIn(config, { ref: typeName }, '');

function atomicsIn(value: unknown, facts: FieldFacts, path: string): string[] {
  if (Array.isArray(value)) {
    const { arrayOf } = facts;
    if (!arrayOf) return [];
    const type = facts['list-type'];
    const own = type === 'set' || (type === 'map' && facts['list-map-keys']) ? [] : [path];
    return [...own, ...value.flatMap((item, at) => atomicsIn(item, arrayOf, `${path}[${at}]`))];
  }
  if (!isMap(value)) return [];
  const type = facts.ref === undefined ? undefined : lookupType(facts.ref);
  const isAtomic = facts['map-type'] === 'atomic' || type?.['map-type'] === 'atomic';
  // A type without fields is kept as a whole: an extension, or what nothing is known of.
  const own = isAtomic || (!facts.mapOf && !type?.fields) ? [path] : [];
  // Keys of maps are no fields: what is below them is not looked into, as upstream.
  const fields = type?.fields ?? {};
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, member]) => {
      const known = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return known ? atomicsIn(member, known, `${path}.${key}`) : [];
    }),
  ];
}
