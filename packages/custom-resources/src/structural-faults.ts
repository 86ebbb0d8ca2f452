import { type FieldError, fieldErrorMessage, forbidden, invalidValue, required } from '@everynode/objects';
import { RE2JS, RE2JSException } from 're2js';
import { propertyOf, type Schema } from './schema.js';

type Level = 'root' | 'item' | 'field';

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** What the schema of the metadata of an object may say: bounds of the two names. */
const NAMES = new Set(['name', 'generateName']);

/**
 * Whether a schema is structural: everything that it says of values it also says of their form. In the order of the
 * texts. Source: apiextensions-apiserver pkg/apiserver/schema/validation.go and complete.go.
 */
export function structuralFaults(schema: Schema, path: string): FieldError[] {
  const errors = new Faults();
  errors.form(schema, 'root', path);
  errors.completeness(schema, path);
  return errors.found
    .map((error) => ({ error, text: fieldErrorMessage(error) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error);
}

const typesOf = (alternatives: readonly Schema[] | undefined): string =>
  (alternatives ?? []).map((one) => (Object.keys(one).length === 1 ? (one.type ?? '') : '')).join();

const INT_OR_STRING = 'integer,string';

class Faults {
  readonly found: FieldError[] = [];

  form(schema: Schema, level: Level, path: string): void {
    const { type = '', items, properties = {}, additionalProperties } = schema;
    if (type === 'array' && !items) this.found.push(required(`${path}.items`, 'must be specified'));
    if (items) this.form(items, 'item', `${path}.items`);
    for (const [name, member] of Object.entries(properties)) this.form(member, 'field', `${path}.properties[${name}]`);
    if (additionalProperties !== undefined && level === 'root') {
      this.found.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    }
    if (typeof additionalProperties === 'object') {
      this.form(additionalProperties, 'field', `${path}.additionalProperties`);
    }
    this.#extensions(schema, path);
    this.#values(schema, path, {
      anyOf: typesOf(schema.anyOf) === INT_OR_STRING,
      firstAllOf: typesOf(schema.allOf?.[0]?.anyOf) === INT_OR_STRING,
    });
    this.#type(schema, level, path);
    this.#embedded(schema, level, path);
  }

  #extensions(schema: Schema, path: string): void {
    if (!schema['x-kubernetes-int-or-string']) return;
    for (const word of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
      if (!schema[word]) continue;
      const detail = 'must be false if x-kubernetes-int-or-string is true';
      this.found.push(invalidValue(`${path}.${word}`, true, detail));
    }
  }

  #type(schema: Schema, level: Level, path: string): void {
    const { type = '' } = schema;
    const field = `${path}.type`;
    if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
      const detail = 'must be object if x-kubernetes-embedded-resource is true';
      this.found.push(type === '' ? required(field, detail) : invalidValue(field, type, detail));
    } else if (
      type === '' &&
      !schema['x-kubernetes-int-or-string'] &&
      !schema['x-kubernetes-preserve-unknown-fields']
    ) {
      this.found.push(required(field, EMPTY_TYPE[level]));
    }
    if (level === 'root' && type !== '' && type !== 'object') {
      this.found.push(invalidValue(field, type, 'must be object at the root'));
    }
  }

  /** What the members that every object has may say, of the object and of embedded ones. */
  #embedded(schema: Schema, level: Level, path: string): void {
    const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
    const { properties = {} } = schema;
    if (isEmbedded && schema.additionalProperties !== undefined) {
      const detail = 'must not be used if x-kubernetes-embedded-resource is set';
      this.found.push(forbidden(`${path}.additionalProperties`, detail));
    }
    if (level === 'root' || isEmbedded) {
      for (const name of ['kind', 'apiVersion']) {
        const member = propertyOf(properties, name);
        if (!member || member.type === 'string') continue;
        this.found.push(invalidValue(`${path}.properties[${name}].type`, member.type ?? '', 'must be string'));
      }
      const metadata = propertyOf(properties, 'metadata');
      if (metadata) this.#metadata(metadata, level, `${path}.properties[metadata]`);
    }
    if (isEmbedded && !schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(properties).length === 0) {
      const detail =
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
      this.found.push(required(`${path}.properties`, detail));
    }
  }

  #metadata(metadata: Schema, level: Level, path: string): void {
    if (metadata.type !== 'object') {
      this.found.push(invalidValue(`${path}.type`, metadata.type ?? '', 'must be object'));
    }
    if (level !== 'root') return;
    const { type: _type, default: _default, properties = {}, ...others } = metadata;
    const isOfNames = Object.keys(properties).every((name) => NAMES.has(name));
    const said = Object.values(others).filter((value) => value !== undefined && value !== false && value !== '');
    if (isOfNames && said.length === 0) return;
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    this.found.push(forbidden(path, detail));
  }

  #values(schema: Schema, path: string, skip: { anyOf?: boolean; firstAllOf?: boolean } = {}): void {
    if (!skip.anyOf) for (const [at, one] of (schema.anyOf ?? []).entries()) this.#nested(one, `${path}.anyOf[${at}]`);
    for (const [at, one] of (schema.allOf ?? []).entries()) {
      this.#nested(one, `${path}.allOf[${at}]`, skip.firstAllOf === true && at === 0);
    }
    for (const [at, one] of (schema.oneOf ?? []).entries()) this.#nested(one, `${path}.oneOf[${at}]`);
    if (schema.not) this.#nested(schema.not, `${path}.not`);
    if (schema.pattern) this.#pattern(schema.pattern, `${path}.pattern`);
  }

  /** A pattern that cannot be read would refuse every object, or fail each of their writes. */
  #pattern(pattern: string, field: string): void {
    try {
      RE2JS.compile(pattern);
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      const detail = `must be a valid regular expression, but isn't: ${error.message}`;
      this.found.push(invalidValue(field, pattern, detail));
    }
  }

  /** Alternatives may say what values are right, and nothing of their form. */
  #nested(schema: Schema, path: string, skipsAnyOf = false): void {
    this.#values(schema, path, { anyOf: skipsAnyOf });
    const { items, properties = {}, additionalProperties } = schema;
    if (items) this.#nested(items, `${path}.items`);
    for (const [name, member] of Object.entries(properties)) this.#nested(member, `${path}.properties[${name}]`);
    const forbid = (word: keyof Schema, detail: string): void => {
      this.found.push(forbidden(`${path}.${word}`, `${detail} to be structural`));
    };
    if (schema.type) forbid('type', 'must be empty');
    if (additionalProperties !== undefined && additionalProperties !== false) {
      forbid('additionalProperties', 'must be undefined');
    }
    if (schema.default !== undefined) forbid('default', 'must be undefined');
    if (schema.title) forbid('title', 'must be empty');
    if (schema.description) forbid('description', 'must be empty');
    if (schema.nullable) forbid('nullable', 'must be false');
    for (const word of EXTENSIONS_OF_FORM) if (schema[word]) forbid(word, 'must be false');
    if (schema['x-kubernetes-list-map-keys']?.length) forbid('x-kubernetes-list-map-keys', 'must be empty');
    if (schema['x-kubernetes-list-type'] !== undefined) forbid('x-kubernetes-list-type', 'must be undefined');
    if (schema['x-kubernetes-map-type'] !== undefined) forbid('x-kubernetes-map-type', 'must be undefined');
    if (schema['x-kubernetes-validations']?.length) forbid('x-kubernetes-validations', 'must be empty');
    if (Object.hasOwn(properties, 'metadata')) {
      this.found.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
    }
  }

  /** What alternatives say of a field is said of its form too. `where` is the place of what says it. */
  completeness(schema: Schema, path: string): void {
    this.#completeValues(schema, schema, path, path);
    const { items, properties = {}, additionalProperties } = schema;
    if (items) this.completeness(items, `${path}.items`);
    for (const [name, member] of Object.entries(properties)) this.completeness(member, `${path}.properties[${name}]`);
    if (typeof additionalProperties === 'object') {
      this.completeness(additionalProperties, `${path}.additionalProperties`);
    }
  }

  #completeValues(said: Schema, schema: Schema, path: string, where: string): void {
    if (said.not) this.#completeNested(said.not, schema, path, `${where}.not`);
    for (const word of ['allOf', 'anyOf', 'oneOf'] as const) {
      for (const [at, one] of (said[word] ?? []).entries()) {
        this.#completeNested(one, schema, path, `${where}.${word}[${at}]`);
      }
    }
  }

  #completeNested(said: Schema, schema: Schema | undefined, path: string, where: string): void {
    if (!schema) {
      this.found.push(required(path, `because it is defined in ${where}`));
      return;
    }
    this.#completeValues(said, schema, path, where);
    if (said.items) this.#completeNested(said.items, schema.items, `${path}.items`, `${where}.items`);
    const { properties = {} } = schema;
    for (const [name, member] of Object.entries(said.properties ?? {})) {
      const own = propertyOf(properties, name);
      this.#completeNested(member, own, `${path}.properties[${name}]`, `${where}.properties[${name}]`);
    }
  }
}

const EXTENSIONS_OF_FORM = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const;
