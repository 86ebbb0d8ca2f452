import { describe, expect, it } from 'vitest';
import { parsePath, valuesAt } from './json-path.js';
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

describe('rules', () => {
  const rule = (text: string, more: object = {}) => ({ 'x-kubernetes-validations': [{ rule: text, ...more }] });
  const texts = (errors: ReturnType<typeof ruleErrors>) => errors.map(({ field, detail }) => [field, detail]);

  it('end when their budget is used up, whatever other rules say', () => {
    const loop = 'self.all(a, self.all(b, self.all(c, a + b + c >= 0))) || true';
    const dear: Schema = { type: 'array', items: { type: 'integer' }, ...rule(loop) };
    const schema: Schema = {
      type: 'object',
      properties: { dear, later: { type: 'string', ...rule('self == "never"') } },
    };
    const list = Array.from({ length: 300 }, (_, at) => at);
    const begin = performance.now();
    expect(texts(ruleErrors({ dear: list, later: 'x' }, schema, undefined))).toEqual([
      [
        'dear',
        `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${loop}`,
      ],
    ]);
    expect(performance.now() - begin).toBeLessThan(3000);
  });

  it('know an old value that may be missing', () => {
    const optional: Schema = {
      type: 'string',
      ...rule('oldSelf.hasValue() ? self == oldSelf.value() : self == "new"', { optionalOldSelf: true }),
    };
    expect(ruleErrors('new', optional, undefined)).toEqual([]);
    expect(ruleErrors('x', optional, undefined)).toHaveLength(1);
    expect(ruleErrors('x', optional, 'x')).toEqual([]);
    expect(ruleErrors('y', optional, 'x')).toHaveLength(1);
  });

  it('compare what can be found again, and forgive what was as it is', () => {
    const item: Schema = {
      type: 'object',
      properties: { name: { type: 'string' }, size: { type: 'integer' } },
      ...rule('self.size >= oldSelf.size'),
    };
    const atomic: Schema = { type: 'array', items: item };
    expect(ruleErrors(items(2, 1), { ...list, items: item }, items(2, 2))).toHaveLength(2);
    expect(ruleErrors(items(2, 1), atomic, items(2, 2))).toEqual([]);
    const strict: Schema = { type: 'object', properties: { a: { type: 'string', ...rule('self == "b"') } } };
    expect(ruleErrors({ a: 'x', other: 1 }, strict, { a: 'x' })).toEqual([]);
    expect(ruleErrors({ a: 'y' }, strict, { a: 'x' })).toHaveLength(1);
  });

  it('name the field of their path, and see dates and durations', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        a: { type: 'string' },
        at: { type: 'string', format: 'date' },
        for: { type: 'string', format: 'duration' },
      },
      'x-kubernetes-validations': [
        { rule: 'self.a == "b"', fieldPath: '.a', reason: 'FieldValueForbidden', message: 'no' },
        { rule: 'self.at > timestamp("2026-01-01T00:00:00Z") && self.__for__ < duration("2h")' },
      ],
    };
    const errors = ruleErrors({ a: 'x', at: '2026-02-01', for: '1h' }, schema, undefined);
    expect(errors).toEqual([{ type: 'FieldValueForbidden', field: 'a', detail: 'no' }]);
  });
});

describe('paths of columns', () => {
  const value = {
    spec: { 'a.b': 1, 'c-d': [10, 20, 30], e: { size: 5 } },
    items: [
      { type: 'Ready', n: 7, deep: { n: 1 } },
      { type: 'Other', n: 9 },
    ],
  };
  it.each<[string, unknown[] | undefined]>([
    ['.spec.c-d[0]', [10]],
    ['.spec.c-d[-1:]', [30]],
    ['.spec.c-d[-1]', [30]],
    ['.spec.c-d[0:2]', [10, 20]],
    ['.spec.c-d[*]', [10, 20, 30]],
    [".spec['a.b']", [1]],
    ['.spec.a\\.b', [1]],
    ['.items[?(@.type=="Ready")].n', [7]],
    [".items[?(@.type=='Ready')].n", [7]],
    ['.items[?(@.type != "Ready")].n', [9]],
    ['.items[?(@.n>8)].type', ['Other']],
    ['.items[?(@.n==007)].type', ['Ready']],
    ['.items[?(@.deep.n)].type', ['Ready']],
    ['..size', [5]],
    ['.constructor', []],
    ['.items[', undefined],
    ['items', undefined],
  ])('%s', (path, expected) => {
    const steps = parsePath(path);
    expect(steps && valuesAt(value, steps)).toEqual(expected);
  });
});
