import { appendErrors, type FieldError, forbidden, invalidValue, notSupported } from '@everynode/objects';
import { NOT_SUPPORTED } from './bound-faults.js';
import { mergeFaults } from './list-faults.js';
import type { CheckedRules } from './rule-faults.js';
import { ruleTextFaults } from './rule-text-faults.js';
import type { Schema } from './schema.js';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

const META = new Set(['metadata', 'kind', 'apiVersion']);

/** How many values of a schema an object can have; undefined without a bound. */
type Cardinality = number | undefined;

/** What is known of a schema by its place. */
interface Place {
  path: string;
  isRoot?: boolean;
  /** Why no default may be here. */
  noDefaults?: string;
  isInMeta?: boolean;
  /** The place from which on values cannot be compared with those that they replace. */
  uncorrelatable?: string;
  /** Undefined within alternatives, which have no rules. */
  cardinality?: { most: Cardinality };
}

/**
 * Faults of a schema that do not concern its structure, and after them those of its rules.
 * Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema.
 * @param rules checks rules; undefined where the schema is wrong otherwise: rules would have faults that go with it.
 */
export function openApiFaults(schema: Schema, path: string, rules: CheckedRules | undefined): FieldError[] {
  const place: Place = { path, isRoot: true, ...(rules && { cardinality: { most: 1 } }) };
  const { found, ofRules } = new Walk(rules).visit(schema, place);
  return [...found, ...ofRules];
}

interface Found {
  found: FieldError[];
  ofRules: FieldError[];
}

class Walk {
  readonly #rules: CheckedRules | undefined;

  constructor(rules: CheckedRules | undefined) {
    this.#rules = rules;
  }

  visit(schema: Schema, place: Place): Found {
    const all: Found = { found: ownFaults(schema, place), ofRules: [] };
    this.#members(schema, place, all);
    this.#alternatives(schema, place, all);
    appendErrors(all.found, mergeFaults(schema, place.path));
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return all;
    appendErrors(all.found, ruleTextFaults(schema, place.path));
    const { cardinality, uncorrelatable } = place;
    if (all.found.length > 0 || !this.#rules || !cardinality) return all;
    const faults = this.#rules.faultsOf(schema, { path: place.path, cardinality: cardinality.most, uncorrelatable });
    appendErrors(all.ofRules, faults);
    return all;
  }

  #visitInto(all: Found, schema: Schema, place: Place): void {
    const { found, ofRules } = this.visit(schema, place);
    appendErrors(all.found, found);
    appendErrors(all.ofRules, ofRules);
  }

  #members(schema: Schema, place: Place, all: Found): void {
    const { path, isRoot, cardinality } = place;
    const { isRoot: _root, ...here } = place;
    const below: Place = cardinality ? { ...here, cardinality: { most: times(cardinality.most, schema) } } : here;
    const { additionalProperties, properties = {}, items } = schema;
    const uncorrelatable = place.uncorrelatable ?? path;
    if (typeof additionalProperties === 'object') {
      const noDefaults = place.isInMeta ? 'inside additionalProperties applying to object metadata' : here.noDefaults;
      this.#visitInto(all, additionalProperties, {
        ...below,
        ...(noDefaults !== undefined && { noDefaults }),
        path: `${path}.additionalProperties`,
      });
    }
    const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
    for (const [name, member] of Object.entries(properties)) {
      const isMeta = (isRoot || schema['x-kubernetes-embedded-resource'] === true) && META.has(name);
      this.#visitInto(all, member, {
        ...below,
        path: `${path}.properties[${name}]`,
        ...(isAtomic && { uncorrelatable }),
        ...(isMeta && { isInMeta: true }),
        ...(isMeta && isRoot && { noDefaults: `in top-level ${name}` }),
      });
    }
    if (!items || Array.isArray(items)) return;
    const isKeyed = schema['x-kubernetes-list-type'] === 'map';
    this.#visitInto(all, items, { ...below, path: `${path}.items`, ...(!isKeyed && { uncorrelatable }) });
  }

  #alternatives(schema: Schema, place: Place, all: Found): void {
    const { cardinality: _rules, isRoot: _root, ...here } = place;
    if (schema.not) this.#visitInto(all, schema.not, { ...here, path: `${place.path}.not` });
    for (const word of ['allOf', 'oneOf', 'anyOf'] as const) {
      for (const [at, one] of (schema[word] ?? []).entries()) {
        this.#visitInto(all, one, { ...here, path: `${place.path}.${word}[${at}]` });
      }
    }
  }
}

/** How many values a member of a schema can have where the schema itself can have `most`. */
function times(most: Cardinality, schema: Schema): Cardinality {
  const bound =
    schema.type === 'array'
      ? schema.maxItems
      : schema.type === 'object' && schema.additionalProperties !== undefined
        ? schema.maxProperties
        : 1;
  return most === undefined || bound === undefined ? undefined : most * Math.max(0, bound);
}

function ownFaults(schema: Schema, { path, noDefaults, isInMeta }: Place): FieldError[] {
  const { type = '', additionalProperties, properties = {}, items } = schema;
  const said = schema as Readonly<Record<string, unknown>>;
  const errors: FieldError[] = [];
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined) {
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  }
  for (const word of NOT_SUPPORTED) {
    if (said[word] !== undefined) errors.push(forbidden(`${path}.${word}`, `${word} is not supported`));
  }
  if (type === 'null') {
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  }
  if (Array.isArray(items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (isInMeta && schema['x-kubernetes-embedded-resource']) {
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  }
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(properties).length > 0) {
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const field = `${path}.x-kubernetes-preserve-unknown-fields`;
    errors.push(invalidValue(field, false, 'must be true or undefined'));
  }
  return errors;
}
