import {
  type FieldFacts,
  INT_OR_STRING,
  isCustomType,
  lookupType,
  QUANTITY,
  type TypeFacts,
  type ValueFacts,
} from '@everynode/objects';
import type { Descriptions } from './descriptions.js';

export type JsonSchema = Record<string, unknown>;

/** How a version of OpenAPI writes references, and what it can express. */
interface Dialect {
  refPrefix: string;
  /**
   * True for OpenAPI 3: it has `oneOf` and defaults, and a reference with anything beside it goes into `allOf`.
   * Upstream prunes these from its OpenAPI 2 document, because clients there do not know them.
   */
  isRich: boolean;
}

export const V2: Dialect = { refPrefix: '#/definitions/', isRich: false };
export const V3: Dialect = { refPrefix: '#/components/schemas/', isRich: true };

/** The types that a set of types reaches, with the set itself. Names that the schema does not have are left out. */
function reachableTypes(roots: Iterable<string>): Map<string, TypeFacts> {
  const reached = new Map<string, TypeFacts>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const facts = reached.has(name) ? undefined : lookupType(name);
    if (!facts) continue;
    reached.set(name, facts);
    // A type that clients have defined is published as a whole, without the types within it.
    const isReached = (ref: string): boolean => !facts.published || !isCustomType(ref) || !!lookupType(ref)?.published;
    for (const field of Object.values(facts.fields ?? {})) queue.push(...referencesOf(field).filter(isReached));
  }
  return reached;
}

function referencesOf({ ref, arrayOf, mapOf }: ValueFacts): string[] {
  if (ref !== undefined) return [ref];
  const inner = arrayOf ?? mapOf;
  return inner ? referencesOf(inner) : [];
}

/** Schemas of all types that the roots reach, sorted by name. */
export function schemasOf(roots: Iterable<string>, descriptions: Descriptions, dialect: Dialect): JsonSchema {
  const types = [...reachableTypes(roots)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(types.map(([name, facts]) => [name, schemaOf(name, facts, descriptions, dialect)]));
}

/** The schema of one type as upstream publishes it, with the extensions that clients need to merge patches. */
function schemaOf(name: string, facts: TypeFacts, descriptions: Descriptions, dialect: Dialect): JsonSchema {
  if (facts.published) return publishedSchema(facts.published(dialect.isRich ? 'v3' : 'v2'), descriptions, dialect);
  const texts = descriptions[name];
  const description = texts?.description ? { description: texts.description } : {};
  const kinds = facts.gvk && { 'x-kubernetes-group-version-kind': facts.gvk };
  if (!facts.fields) return { ...description, ...encodedSchema(name, facts, dialect), ...kinds };
  const properties = Object.entries(facts.fields).map(([field, value]) => [
    field,
    fieldSchema(value, texts?.fields[field], dialect),
  ]);
  return {
    ...description,
    type: 'object',
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(facts.required && { required: facts.required }),
    ...kinds,
    ...(facts['map-type'] && { 'x-kubernetes-map-type': facts['map-type'] }),
  };
}

/** Types with an encoding of their own. */
function encodedSchema(name: string, facts: TypeFacts, { isRich }: Dialect): JsonSchema {
  if (isRich && facts.oneOf) {
    return { oneOf: facts.oneOf.map((type) => ({ type })), ...(facts.format && { format: facts.format }) };
  }
  // OpenAPI 2 has one word for the form of these two on the wire.
  if (name === INT_OR_STRING || name === QUANTITY) {
    return { type: 'string', ...(facts.format && { format: facts.format }) };
  }
  // A type without one holds any value: what a schema of a definition lists, or has as a default.
  return { ...(facts.type && { type: facts.type }), ...(facts.format && { format: facts.format }) };
}

const EXTENSIONS = ['list-type', 'list-map-keys', 'map-type', 'patch-merge-key', 'patch-strategy'] as const;

function fieldSchema(field: FieldFacts, description: string | undefined, dialect: Dialect): JsonSchema {
  const rest: JsonSchema = {};
  if (description) rest.description = description;
  if (dialect.isRich && field.default !== undefined) rest.default = field.default;
  for (const name of EXTENSIONS) if (field[name] !== undefined) rest[`x-kubernetes-${name}`] = field[name];
  return withReference(valueSchema(field, dialect), rest, dialect);
}

/** OpenAPI 3.0 ignores everything beside a reference, so the reference goes one level down. */
function withReference(value: JsonSchema, rest: JsonSchema, { isRich }: Dialect): JsonSchema {
  const isWrapped = isRich && value.$ref !== undefined && Object.keys(rest).length > 0;
  return isWrapped ? { allOf: [value], ...rest } : { ...value, ...rest };
}

function valueSchema(value: ValueFacts, dialect: Dialect): JsonSchema {
  if (value.ref !== undefined) return { $ref: `${dialect.refPrefix}${value.ref}` };
  if (value.arrayOf) return { type: 'array', items: elementSchema(value.arrayOf, dialect) };
  if (value.mapOf) return { type: 'object', additionalProperties: elementSchema(value.mapOf, dialect) };
  return { type: value.type ?? 'object', ...(value.format && { format: value.format }) };
}

/** An element is never a pointer in Go, so it has a default: the zero value of its type. */
function elementSchema(value: ValueFacts, dialect: Dialect): JsonSchema {
  const zero = dialect.isRich ? zeroOf(value) : undefined;
  return withReference(valueSchema(value, dialect), zero === undefined ? {} : { default: zero }, dialect);
}

function zeroOf({ ref, type }: ValueFacts): unknown {
  if (ref !== undefined) return lookupType(ref)?.fields ? {} : undefined;
  if (type === 'string') return '';
  if (type === 'boolean') return false;
  return type === 'integer' || type === 'number' ? 0 : undefined;
}

/** A kind whose texts of apiVersion, kind and metadata are those of every kind. */
const EVERY_KIND = 'io.k8s.api.core.v1.Pod';

/** The schema of a type that clients have defined, with the texts of what all kinds have. */
function publishedSchema(published: JsonSchema, descriptions: Descriptions, dialect: Dialect): JsonSchema {
  const { properties } = published as { properties?: Record<string, JsonSchema> };
  if (!properties) return published;
  const isList = properties.items !== undefined && String(properties.metadata?.$ref).endsWith('.ListMeta');
  const texts = descriptions[isList ? `${EVERY_KIND}List` : EVERY_KIND]?.fields ?? {};
  const texted = ['apiVersion', 'kind', 'metadata'].flatMap((name): [string, JsonSchema][] => {
    const { description = texts[name], ...member } = properties[name] ?? {};
    return properties[name] ? [[name, withReference(member, description ? { description } : {}, dialect)]] : [];
  });
  return inDialect({ ...published, properties: { ...properties, ...Object.fromEntries(texted) } }, dialect);
}

/** Rewrites the references, which are those of version 3. */
function inDialect(schema: JsonSchema, { isRich, refPrefix }: Dialect): JsonSchema {
  if (isRich) return schema;
  return JSON.parse(JSON.stringify(schema).replaceAll(`"$ref":"${V3.refPrefix}`, `"$ref":"${refPrefix}`)) as JsonSchema;
}
