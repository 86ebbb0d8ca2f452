import { isMap, type JsonMap, type Schema } from './schema.js';

/** A version of OpenAPI. Version 2 has no words for alternatives and for null. */
type Dialect = 'v2' | 'v3';

/** The members of a schema that are published as they are. Source: apiextensions-apiserver pkg/apiserver/schema. */
const PUBLISHED = [
  'type',
  'nullable',
  'title',
  'description',
  'default',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
  'format',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'multipleOf',
  'enum',
  'maxProperties',
  'minProperties',
  'required',
] as const;

/** Go leaves these values out. */
const isZero = (value: unknown): boolean =>
  value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

/** What every embedded object has. The texts are what clients see of upstream. */
const EMBEDDED_TEXTS = {
  apiVersion: `apiVersion defines the versioned schema of this representation of an object. More info: ${CONVENTIONS}#resources`,
  kind: `kind is a string value representing the type of this object. In CamelCase. More info: ${CONVENTIONS}#types-kinds`,
};

/** References are written as in version 3; the document rewrites them. */
const objectMeta = (): JsonMap => ({ $ref: `#/components/schemas/${META}.ObjectMeta` });

/**
 * Returns the schema of a custom resource as OpenAPI documents show it.
 * Source: apiextensions-apiserver pkg/controller/openapi/builder.
 */
export function publishedSchema(schema: Schema, dialect: Dialect): JsonMap {
  // Nothing may be said of an open object in version 2: kubectl would refuse every other field.
  if (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields']) return { type: 'object' };
  const whole = written(schema, dialect);
  const properties = isMap(whole.properties) ? whole.properties : {};
  return {
    ...whole,
    properties: { ...properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMeta() },
  };
}

function written(schema: Schema, dialect: Dialect): JsonMap {
  const source = dialect === 'v2' ? simplified(schema) : unfolded(schema);
  const result = plainMembers(source);
  const { properties, additionalProperties, items } = source;
  if (items) result.items = written(items, dialect);
  if (properties) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, member]) => [name, written(member, dialect)]),
    );
  }
  if (additionalProperties !== undefined) {
    result.additionalProperties =
      typeof additionalProperties === 'object' ? written(additionalProperties, dialect) : additionalProperties;
  }
  Object.assign(result, alternatives(source));
  const isOpen = source['x-kubernetes-preserve-unknown-fields'] === true;
  return source['x-kubernetes-embedded-resource'] && !(isOpen && dialect === 'v2') ? withTypeMeta(result) : result;
}

const plainMembers = (schema: Schema): JsonMap =>
  Object.fromEntries(
    PUBLISHED.flatMap((key) => (key !== 'default' && isZero(schema[key]) ? [] : [[key, schema[key]]])).filter(
      ([, value]) => value !== undefined,
    ),
  );

function alternatives({ allOf, anyOf, oneOf, not }: Schema): JsonMap {
  const nested = (one: Schema): JsonMap => {
    const { properties, items } = one;
    const members = Object.entries(properties ?? {}).map(([name, member]): [string, JsonMap] => [name, nested(member)]);
    return {
      ...plainMembers(one),
      ...(items && { items: nested(items) }),
      ...(properties && { properties: Object.fromEntries(members) }),
      ...alternatives(one),
    };
  };
  return {
    ...(allOf && { allOf: allOf.map(nested) }),
    ...(anyOf && { anyOf: anyOf.map(nested) }),
    ...(oneOf && { oneOf: oneOf.map(nested) }),
    ...(not && { not: nested(not) }),
  };
}

function withTypeMeta(embedded: JsonMap): JsonMap {
  const required = Array.isArray(embedded.required) ? (embedded.required as string[]) : [];
  const properties = isMap(embedded.properties) ? embedded.properties : {};
  return {
    ...embedded,
    properties: {
      ...properties,
      apiVersion: { type: 'string', description: EMBEDDED_TEXTS.apiVersion },
      kind: { type: 'string', description: EMBEDDED_TEXTS.kind },
      metadata: objectMeta(),
    },
    required: [...required, ...['kind', 'apiVersion'].filter((name) => !required.includes(name))],
  };
}

const INT_OR_STRING: readonly Schema[] = [{ type: 'integer' }, { type: 'string' }];

const isIntOrString = (alternatives: readonly Schema[] | undefined): boolean =>
  alternatives?.length === 2 && alternatives[0]?.type === 'integer' && alternatives[1]?.type === 'string';

/** Says in words that clients know that a value is a number or a text. Source: pkg/apiserver/schema/unfold.go. */
function unfolded(schema: Schema): Schema {
  if (!schema['x-kubernetes-int-or-string']) return schema;
  const { anyOf, allOf = [] } = schema;
  if (isIntOrString(anyOf) || isIntOrString(allOf[0]?.anyOf)) return schema;
  if (!anyOf) return { ...schema, anyOf: INT_OR_STRING };
  return { ...schema, allOf: [{ anyOf: INT_OR_STRING }, ...allOf] };
}

/** Leaves out what clients of version 2 read wrongly. Source: pkg/controller/openapi/v2/conversion.go. */
function simplified(schema: Schema): Schema {
  const { allOf: _allOf, anyOf: _anyOf, oneOf: _oneOf, not: _not, nullable, ...rest } = schema;
  const next: { -readonly [K in keyof Schema]: Schema[K] } = rest;
  const isOpen = next['x-kubernetes-preserve-unknown-fields'] === true;
  if (nullable) delete next.type;
  if (nullable || isOpen) {
    delete next.items;
    delete next.properties;
  }
  if (next.type === 'array' && !next.items) delete next.type;
  if (isOpen && next.type === 'object') delete next.type;
  const { properties = {}, additionalProperties } = next;
  if (next.required) next.required = next.required.filter((name) => !properties[name]?.nullable);
  if (typeof additionalProperties === 'object' && additionalProperties.nullable) delete next.required;
  return next;
}
