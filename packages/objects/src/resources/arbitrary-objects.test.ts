import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/index.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { INT_OR_STRING, lookupType, MICRO_TIME, QUANTITY, TIME, type ValueFacts } from '../schema/index.js';
import { resources } from './index.js';

const MAX_DEPTH = 9;

const text = fc.constantFrom(
  '',
  'a',
  'A b',
  '1',
  '50%',
  'In',
  'Exists',
  'RollingUpdate',
  '1Gi',
  '2026-01-01T00:00:00Z',
);
const number = fc.constantFrom(-1, 0, 1, 65536);

const time = fc.constant('2026-01-01T00:00:00Z');

/** Types with a form of their own. */
const special: ReadonlyMap<string, fc.Arbitrary<unknown>> = new Map<string, fc.Arbitrary<unknown>>([
  [TIME, time],
  [MICRO_TIME, time],
  [QUANTITY, fc.constantFrom('0', '-1', '100u', '1.5Gi', '1e3')],
  [INT_OR_STRING, fc.oneof(number, text)],
]);

/** Values of the right type: few enough fields that objects stay small, odd enough that rules are broken. */
function anyValue(facts: ValueFacts, depth: number): fc.Arbitrary<unknown> {
  if (facts.arrayOf) return fc.array(anyValue(facts.arrayOf, depth + 1), { maxLength: 2 });
  if (facts.mapOf) return fc.dictionary(text, anyValue(facts.mapOf, depth + 1), { maxKeys: 2 });
  if (facts.ref !== undefined) return anyObject(facts.ref, depth + 1);
  if (facts.type === 'integer') return number;
  if (facts.type === 'boolean') return fc.boolean();
  return facts.format === 'byte' ? fc.constantFrom('', 'YQ==') : text;
}

function anyObject(type: string, depth: number): fc.Arbitrary<unknown> {
  const facts = lookupType(type);
  const fields = Object.entries(facts?.fields ?? {}).filter(([name]) => name !== 'apiVersion' && name !== 'kind');
  if (!facts?.fields) return special.get(type) ?? fc.dictionary(text, number);
  if (depth > MAX_DEPTH || fields.length === 0) return fc.constant({});
  return fc
    .subarray(fields, { minLength: Math.min(fields.length, 2), maxLength: Math.min(fields.length, 9) })
    .chain((some) =>
      fc.record(
        Object.fromEntries(
          some.map(([name, each]) => [name, fc.option(anyValue(each, depth), { freq: 8, nil: null })] as const),
        ),
      ),
    );
}

/** The same twice over, as an update would meet them. */
function exercise(definition: ResourceDefinition, object: KubeObject, current: KubeObject): void {
  for (const each of [object, current]) {
    definition.setDefaults(each);
    definition.prepareForCreate(each);
    definition.validate(each);
  }
  const status = structuredClone(object);
  definition.prepareForStatusUpdate(status, current);
  definition.validateStatusUpdate(status, current);
  definition.prepareForUpdate(object, current);
  definition.validateUpdate(object, current);
  definition.table.row(object, 0);
  for (const read of Object.values(definition.fields)) expect(typeof read(object)).toBe('string');
}

describe('whatever a client sends', () => {
  it.each(resources.map((one) => [`${one.plural}.${one.group}`, one] as const))('%s: answered', (_name, definition) => {
    fc.assert(
      fc.property(anyObject(definition.schema, 0), anyObject(definition.schema, 0), (sent, stored) => {
        const { object } = decodeObject({ value: sent }, definition);
        const current = decodeObject({ value: stored }, definition).object;
        expect(decodeObject({ value: object }, definition, 'Strict').object).toEqual(object);
        exercise(definition, object, current);
      }),
      { numRuns: 300 },
    );
  });
});
