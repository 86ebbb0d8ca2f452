import { patternOf } from '@everynode/cel';
import { appendErrors, type FieldError, isOfFormat, semanticallyEqual, tooLong, tooMany } from '@everynode/objects';
import { isMap, type JsonMap, memberSchema, propertyOf, type Schema } from './schema.js';

/** Faults of a value, and where it is. `old` is what it replaces; undefined where there is none. */
interface Place {
  path: string;
  old: unknown;
}

/**
 * Checks a value against its schema. What an update leaves as it was is not checked again: a schema that became
 * stricter does not stop changes of other fields. Source: apiextensions-apiserver pkg/apiserver/validation, with the
 * words of kube-openapi.
 */
export function schemaErrors(value: unknown, schema: Schema, { path, old }: Place): FieldError[] {
  if (old !== undefined && semanticallyEqual(value, old)) return [];
  if (value === null && schema.nullable) return [];
  const type = typeError(value, schema, path);
  if (type) return [type];
  const errors = enumErrors(value, schema, path).concat(logicErrors(value, schema, path));
  if (typeof value === 'number') errors.push(...numberErrors(value, schema, path));
  else if (typeof value === 'string') errors.push(...textErrors(value, schema, path));
  else if (Array.isArray(value)) appendErrors(errors, listErrors(value, schema, { path, old }));
  else if (isMap(value)) appendErrors(errors, mapErrors(value, schema, { path, old }));
  return errors;
}

const invalid = (field: string, value: unknown, words: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail: `${field} in body ${words}`,
});

export function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' ? 'object' : typeof value;
}

function typeError(value: unknown, schema: Schema, path: string): FieldError | undefined {
  const found = typeNameOf(value);
  if (schema['x-kubernetes-int-or-string']) {
    if (found === 'integer' || found === 'string') return undefined;
    return mismatch(path, 'integer,string', found);
  }
  const { type } = schema;
  if (!type || type === found || (type === 'number' && found === 'integer')) return undefined;
  return mismatch(path, type, found);
}

const mismatch = (field: string, wanted: string, found: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  value: found,
  detail: `${field} in body must be of type ${wanted}: ${JSON.stringify(found)}`,
});

/** By list: a value may have a hundred thousand wrong members, and each error has the whole list. */
const supported = new WeakMap<readonly unknown[], string>();

function supportedIn(values: readonly unknown[]): string {
  const known = supported.get(values);
  if (known !== undefined) return known;
  const shown = values.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one)));
  const text = `supported values: ${shown.join(', ')}`;
  supported.set(values, text);
  return text;
}

function enumErrors(value: unknown, schema: Schema, field: string): FieldError[] {
  if (!schema.enum || schema.enum.some((one) => semanticallyEqual(one, value))) return [];
  return [{ type: 'FieldValueNotSupported', field, value, detail: supportedIn(schema.enum) }];
}

function logicErrors(value: unknown, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const holds = (one: Schema): boolean => schemaErrors(value, one, { path, old: undefined }).length === 0;
  const refuse = (words: string) =>
    errors.push({
      type: 'FieldValueInvalid',
      field: path,
      value: shownValue(value),
      detail: `${JSON.stringify(path)} ${words}`,
    });
  for (const one of schema.allOf ?? []) appendErrors(errors, schemaErrors(value, one, { path, old: undefined }));
  if (schema.anyOf && !schema.anyOf.some(holds)) refuse('must validate at least one schema (anyOf)');
  if (schema.oneOf) {
    const count = schema.oneOf.filter(holds).length;
    const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
    if (count !== 1) refuse(`must validate one and only one schema (oneOf). ${found}`);
  }
  if (schema.not && holds(schema.not)) refuse('must not validate the schema (not)');
  return errors;
}

/** Objects and lists are shown by their type. */
const shownValue = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? typeNameOf(value) : value;

function numberErrors(value: number, schema: Schema, path: string): FieldError[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const errors: FieldError[] = [];
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(invalid(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(invalid(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`));
  }
  // Source: kube-openapi pkg/validation/validate/values.go, MultipleOf: 0.3 / 0.1 is no whole number, and 0.3 * 10 is.
  const times = multipleOf !== undefined && (multipleOf < 1 ? (1 / multipleOf) * value : value / multipleOf);
  if (times !== false && !Number.isInteger(times)) {
    errors.push(invalid(path, value, `should be a multiple of ${multipleOf}`));
  }
  return errors;
}

function textErrors(value: string, schema: Schema, path: string): FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const errors: FieldError[] = [];
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
  if (minLength !== undefined && length < minLength) {
    errors.push(invalid(path, value, `should be at least ${minLength} chars long`));
  }
  if (maxLength !== undefined && length > maxLength) {
    errors.push(tooLong(path, maxLength));
  }
  if (pattern !== undefined && !patternOf(pattern).matcher(value).find()) {
    errors.push(invalid(path, value, `should match '${pattern}'`));
  }
  if (format !== undefined && !isOfFormat(value, format)) {
    errors.push(invalid(path, value, `must be of type ${format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

function listErrors(value: readonly unknown[], schema: Schema, { path, old }: Place): FieldError[] {
  const { minItems, maxItems, items } = schema;
  const errors: FieldError[] = [];
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  appendErrors(errors, listTypeErrors(value, schema, path));
  if (!items) return errors;
  const before = oldItems(schema, old);
  for (const [at, item] of value.entries()) {
    appendErrors(errors, schemaErrors(item, items, { path: `${path}[${at}]`, old: before(item) }));
  }
  return errors;
}

/** Finds the item of `old` that an item replaces. Items of a list without keys replace none. */
export function oldItems(schema: Schema, old: unknown): (item: unknown) => unknown {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined;
  const byKey = new Map<string, unknown>();
  for (const item of old) {
    const key = keyOf(item, schema);
    if (!byKey.has(key)) byKey.set(key, item);
  }
  return (item) => byKey.get(keyOf(item, schema));
}

const keyOf = (item: unknown, schema: Schema): string =>
  JSON.stringify((schema['x-kubernetes-list-map-keys'] ?? []).map((key) => memberOf(item, key, schema)));

const memberOf = (item: unknown, key: string, { items }: Schema): unknown =>
  (isMap(item) ? propertyOf(item, key) : undefined) ?? propertyOf(items?.properties ?? {}, key)?.default ?? null;

/** Source: pkg/apiserver/schema/listtype. */
function listTypeErrors(value: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const shown =
    listType === 'set'
      ? value
      : listType === 'map'
        ? value.map((item) =>
            Object.fromEntries(
              (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => [key, memberOf(item, key, schema)]),
            ),
          )
        : [];
  const seen = new Set<string>();
  return shown.flatMap((one, at): FieldError[] => {
    const text = JSON.stringify(one);
    if (seen.has(text)) return [{ type: 'FieldValueDuplicate', field: `${path}[${at}]`, value: one, detail: '' }];
    seen.add(text);
    return [];
  });
}

function mapErrors(value: JsonMap, schema: Schema, { path, old }: Place): FieldError[] {
  const { required = [], minProperties, maxProperties } = schema;
  const size = Object.keys(value).length;
  const errors: FieldError[] = required
    .filter((name) => propertyOf(value, name) === undefined)
    .map((name) => ({ type: 'FieldValueRequired', field: joined(path, name), detail: '' }));
  if (minProperties !== undefined && size < minProperties) {
    errors.push(invalid(path, size, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && size > maxProperties) errors.push(tooMany(path, size, maxProperties));
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (!known) continue;
    const before = isMap(old) ? propertyOf(old, key) : undefined;
    appendErrors(errors, schemaErrors(member, known, { path: joined(path, key), old: before }));
  }
  return errors;
}

export const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
