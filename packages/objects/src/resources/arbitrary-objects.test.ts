import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.js';
import { decodeObject } from '../decode/index.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { lookupType, type ValueFacts } from '../schema/index.js';
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

/** Values of about the right type: few enough fields that objects stay small, odd enough that rules are broken. */
function valueOf(facts: ValueFacts, depth: number): fc.Arbitrary<unknown> {
  if (facts.arrayOf) return fc.array(valueOf(facts.arrayOf, depth + 1), { maxLength: 2 });
  if (facts.mapOf) return fc.dictionary(text, valueOf(facts.mapOf, depth + 1), { maxKeys: 2 });
  if (facts.ref !== undefined) return objectOf(facts.ref, depth + 1);
  if (facts.type === 'integer') return number;
  if (facts.type === 'boolean') return fc.boolean();
  return text;
}

function objectOf(type: string, depth: number): fc.Arbitrary<unknown> {
  const facts = lookupType(type);
  const fields = Object.entries(facts?.fields ?? {}).filter(([name]) => name !== 'apiVersion' && name !== 'kind');
  if (!facts?.fields) return fc.oneof(text, number);
  if (depth > MAX_DEPTH || fields.length === 0) return fc.constant({});
  return fc
    .subarray(fields, { minLength: 0, maxLength: Math.min(fields.length, 6) })
    .chain((some) =>
      fc.record(
        Object.fromEntries(
          some.map(([name, each]) => [name, fc.option(valueOf(each, depth), { freq: 8, nil: null })] as const),
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
      fc.property(objectOf(definition.schema, 0), objectOf(definition.schema, 0), (sent, stored) => {
        let object: KubeObject;
        let current: KubeObject;
        try {
          object = decodeObject({ value: sent }, definition).object;
          current = decodeObject({ value: stored }, definition).object;
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          return;
        }
        expect(decodeObject({ value: object }, definition, 'Strict').object).toEqual(object);
        exercise(definition, object, current);
      }),
      { numRuns: 300 },
    );
  });
});
