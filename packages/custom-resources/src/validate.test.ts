import { describe, expect, it } from 'vitest';
import { ruleErrors } from './rules.js';
import type { Schema } from './schema.js';
import { schemaErrors } from './validate.js';

const list: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer' } } },
};
const items = (length: number, size: unknown) => Array.from({ length }, (_, at) => ({ name: `n${at}`, size }));

describe('a long list with keys', () => {
  it('is compared with what it replaces in linear time', () => {
    expect(schemaErrors(items(30_000, 2), list, { path: 'spec', old: items(30_000, 1) })).toEqual([]);
    const growing = { ...list.items, 'x-kubernetes-validations': [{ rule: 'self.size >= oldSelf.size' }] };
    // The budget of rules ends it, and no search for old items.
    expect(ruleErrors(items(30_000, 2), { ...list, items: growing }, items(30_000, 1)).length).toBeLessThan(30_000);
  }, 30_000);

  it('may have more faults than a call has arguments', () => {
    const errors = schemaErrors(
      { list: items(150_000, 'x') },
      { type: 'object', properties: { list } },
      { path: '', old: undefined },
    );
    expect(errors).toHaveLength(150_000);
    expect(errors[7]).toMatchObject({ field: 'list[7].size', type: 'FieldValueTypeInvalid' });
  });
});

describe('multipleOf', () => {
  it.each([
    [0.3, 0.1, true],
    [0.35, 0.1, false],
    [6, 3, true],
    [7, 3, false],
  ])('of %d and %d: %s', (value, multipleOf, holds) => {
    const errors = schemaErrors(value, { type: 'number', multipleOf }, { path: 'n', old: undefined });
    expect(errors.length === 0).toBe(holds);
  });
});
