import {
  type FieldFacts,
  INT_OR_STRING,
  lookupType,
  QUANTITY,
  type TypeFacts,
  type ValueFacts,
} from '@everynode/objects';
import { type Descriptions, modelOf } from './descriptions.js';

export type JsonSchema = Record<string, unknown>;

/** How references are written, and what each version of OpenAPI can say. */
export interface Dialect {
  refPrefix: string;
  /** Version 3 puts a reference beside other keywords into allOf, and has defaults and oneOf. */
  version: 2 | 3;
}

export const V2: Dialect = { refPrefix: '#/definitions/', version: 2 };
export const V3: Dialect = { refPrefix: '#/components/schemas/', version: 3 };

/** Types that a set of types reaches, themselves among them. */
export function reachableTypes(roots: Iterable<string>): Set<string> {
  const reached = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    const facts = lookupType(name);
    if (!facts) continue;
    reached.add(name);
    for (const field of Object.values(facts.fields ?? {})) queue.push(...referencesOf(field));
  }
  return reached;
}

function referencesOf(value: ValueFacts): string[] {
  return [
    ...(value.ref === undefined ? [] : [value.ref]),
    ...(value.arrayOf ? referencesOf(value.arrayOf) : []),
    ...(value.mapOf ? referencesOf(value.mapOf) : []),
  ];
}

/** The schema of one type, with its extensions for merging, as upstream publishes it. */
export function schemaOf(name: string, facts: TypeFacts, descriptions: Descriptions, dialect: Dialect): JsonSchema {
  const texts = descriptions[modelOf(name)];
  const description = texts?.description ? { description: texts.description } : {};
  if (!facts.fields) return { ...description, ...encodedSchema(name, facts, dialect) };
  const properties = Object.entries(facts.fields).map(([field, value]) => [
    field,
    fieldSchema(value, texts?.fields[field], dialect),
  ]);
  return {
    ...description,
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(facts.required && { required: facts.required }),
    ...(facts.gvk && { 'x-kubernetes-group-version-kind': facts.gvk }),
  };
}

/** Types with an encoding of their own. */
function encodedSchema(name: string, facts: TypeFacts, { version }: Dialect): JsonSchema {
  if (name === INT_OR_STRING) {
    return version === 3
      ? { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' }
      : { type: 'string', format: 'int-or-string' };
  }
  if (name === QUANTITY) {
    return version === 3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' };
  }
  return { type: facts.type ?? 'object', ...(facts.format && { format: facts.format }) };
}

const EXTENSIONS = ['list-type', 'list-map-keys', 'map-type', 'patch-merge-key', 'patch-strategy'] as const;

function fieldSchema(field: FieldFacts, description: string | undefined, dialect: Dialect): JsonSchema {
  const extensions: JsonSchema = {};
  for (const name of EXTENSIONS) if (field[name] !== undefined) extensions[`x-kubernetes-${name}`] = field[name];
  const rest: JsonSchema = {
    ...(description && { description }),
    ...(dialect.version === 3 && field.default !== undefined && { default: field.default }),
    ...extensions,
  };
  const value = valueSchema(field, dialect);
  if (value.$ref === undefined || Object.keys(rest).length === 0) return { ...value, ...rest };
  return dialect.version === 3 ? { ...rest, allOf: [value] } : { ...value, ...rest };
}

function valueSchema(value: ValueFacts, dialect: Dialect): JsonSchema {
  if (value.ref !== undefined) return { $ref: `${dialect.refPrefix}${value.ref}` };
  if (value.arrayOf) return { type: 'array', items: valueSchema(value.arrayOf, dialect) };
  if (value.mapOf) return { type: 'object', additionalProperties: valueSchema(value.mapOf, dialect) };
  return { type: value.type ?? 'object', ...(value.format && { format: value.format }) };
}
