import type { FieldFacts, TypeFacts } from '@everynode/objects';
import { pruned } from './prune.js';
import { CONVENTIONS, META, publishedSchema } from './publish.js';
import { isMap, type Schema } from './schema.js';

/** The type of a custom resource in one version, as the rest of the api looks types up. */
export interface CustomType {
  /** Name of the type: `com.example.v1.Widget`. */
  name: string;
  types: ReadonlyMap<string, TypeFacts>;
}

interface Names {
  group: string;
  version: string;
  kind: string;
  listKind: string;
  plural: string;
  /** Paths of selectable fields, without the leading dot. */
  selectable: readonly string[];
}

/** What every object has. */
const TYPE_META: Readonly<Record<string, FieldFacts>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { ref: `${META}.ObjectMeta`, default: {} },
};

/** The name that upstream publishes a type under: the group backwards, the version, the kind. */
const typeName = ({ group, version }: Names, kind: string): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/**
 * Makes the facts of a custom type and of the types within it: field names for strict decoding, list types for apply,
 * and the published schema.
 */
export function customType(names: Names, schema: Schema): CustomType {
  const types = new Map<string, TypeFacts>();
  const { group, version, kind, listKind, plural } = names;
  const selectable = names.selectable.length > 0 && {
    'x-kubernetes-selectable-fields': names.selectable.map((fieldPath) => ({ fieldPath })),
  };
  const name = typeName(names, kind);
  const factsOf = (one: Schema, path: string): FieldFacts => {
    const facts: Record<string, unknown> = {};
    if (one['x-kubernetes-list-type']) facts['list-type'] = one['x-kubernetes-list-type'];
    if (one['x-kubernetes-list-map-keys']) facts['list-map-keys'] = one['x-kubernetes-list-map-keys'];
    if (one['x-kubernetes-map-type']) facts['map-type'] = one['x-kubernetes-map-type'];
    // Items of lists are found by keys that have defaults. Go writes no custom field that is not set.
    if (one.default !== undefined) Object.assign(facts, { default: one.default, omitEmpty: true });
    if (one.type === 'array' && one.items) return { ...facts, arrayOf: factsOf(one.items, `${path}.items`) };
    if (one.type === 'object' && typeof one.additionalProperties === 'object') {
      return { ...facts, mapOf: factsOf(one.additionalProperties, `${path}.members`) };
    }
    types.set(path, typeOf(one, path));
    return { ...facts, ref: path };
  };
  const typeOf = (one: Schema, path: string): TypeFacts => {
    const isOpen = one['x-kubernetes-preserve-unknown-fields'] === true;
    const isEmbedded = one['x-kubernetes-embedded-resource'] === true;
    const fields =
      one.properties || isOpen || isEmbedded
        ? {
            ...Object.fromEntries(
              Object.entries(one.properties ?? {}).map(([key, member]) => [key, factsOf(member, `${path}.${key}`)]),
            ),
            ...(isEmbedded && TYPE_META),
          }
        : undefined;
    return {
      read: (value: unknown) => pruned(value, one),
      ...(fields && { fields }),
      ...(isOpen && { open: true }),
      ...(one['x-kubernetes-map-type'] === 'atomic' && { 'map-type': 'atomic' }),
    };
  };
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const own = Object.entries(schema.properties ?? {}).filter(
    ([key]) => key !== 'metadata' && key !== 'apiVersion' && key !== 'kind',
  );
  const gvk = [{ group, version, kind }];
  types.set(name, {
    gvk,
    ...(isOpen && { open: true }),
    fields: {
      ...TYPE_META,
      // What each member holds is read by its own type, whatever its form is.
      ...Object.fromEntries(
        own.map(([key, member]) => [key, wrapped(factsOf(member, `${name}.${key}`), member, types, `${name}.${key}`)]),
      ),
    },
    published: (dialect) => ({
      ...publishedSchema(schema, dialect),
      'x-kubernetes-group-version-kind': gvk,
      ...selectable,
    }),
  });
  const listName = typeName(names, listKind);
  types.set(listName, {
    gvk: [{ group, version, kind: listKind }],
    required: ['items'],
    fields: {
      apiVersion: { type: 'string' },
      items: { arrayOf: { ref: name } },
      kind: { type: 'string' },
      metadata: { ref: `${META}.ListMeta`, default: {} },
    },
    published: () => ({
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        items: {
          description: `List of ${plural}. More info: ${CONVENTIONS}`,
          type: 'array',
          items: { $ref: `#/components/schemas/${name}` },
        },
        kind: { type: 'string' },
        metadata: { $ref: `#/components/schemas/${META}.ListMeta` },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
      ...selectable,
    }),
  });
  return { name, types };
}

/** Lists and maps at the top are read by a type of their own, which does not refuse another form: validation does. */
function wrapped(facts: FieldFacts, schema: Schema, types: Map<string, TypeFacts>, path: string): FieldFacts {
  if (facts.ref !== undefined) return facts;
  types.set(`${path}.value`, { read: (value: unknown) => pruned(value, schema) });
  return { ...facts, ref: `${path}.value` };
}

export const asSchema = (value: unknown): Schema => (isMap(value) ? (value as Schema) : {});
