import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze, expectRefusal } from '../fixtures/expect-refusal.js';
import { applyMergePatch } from './merge-patch.js';

type Json = Record<string, unknown>;

const anyValue = fc.jsonValue({ maxDepth: 3 });

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A merge patch cannot say that a member is null. */
const withoutNulls = (value: unknown): unknown => {
  if (value === null) return 0;
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutNulls(inner)]));
};

/** The merge patch that makes one object of another, as RFC 7386 lets a client work it out. */
function difference(before: Json, after: Json): Json {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const changed = Object.entries(after).map(([key, value]) => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    return [key, isMap(old) && isMap(value) ? difference(old, value) : value];
  });
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(changed) };
}

describe('applyMergePatch', () => {
  it.each([
    ['sets a member', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['replaces a scalar', { a: 1 }, { a: 'x' }, { a: 'x' }],
    ['deletes on null', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['ignores null for what is absent', { a: 1 }, { b: null }, { a: 1 }],
    ['merges maps', { a: { b: 1, c: 2 } }, { a: { c: null, d: 3 } }, { a: { b: 1, d: 3 } }],
    ['replaces lists whole', { a: [{ name: 'x' }, { name: 'y' }] }, { a: [{ name: 'z' }] }, { a: [{ name: 'z' }] }],
    ['keeps nulls in lists', { a: 1 }, { a: [null, { b: null }] }, { a: [null, { b: null }] }],
    ['drops nulls in an added map', {}, { a: { b: { c: null } } }, { a: { b: {} } }],
    ['puts a map where a list was', { a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['puts a list where a map was', { a: { b: 1 } }, { a: [1] }, { a: [1] }],
    ['takes members named as those of every object', {}, { constructor: { x: 1 } }, { constructor: { x: 1 } }],
    ['does nothing for an empty patch', { a: { b: [1] } }, {}, { a: { b: [1] } }],
  ])('%s', (_title, object, patch, expected) => {
    expect(applyMergePatch(deepFreeze(object), deepFreeze(patch))).toEqual(expected);
  });

  it.each([[[]], [null], ['text'], [3]])('refuses %j, which is no object', (patch) => {
    expectRefusal(
      () => applyMergePatch({}, patch),
      'BadRequest',
      /^(Invalid JSON Patch|error decoding patch: json: cannot unmarshal \w+ into Go value of type map)/,
    );
  });

  it('treats __proto__ as any other key, at any depth, and pollutes nothing', () => {
    for (const text of ['{"__proto__":{"polluted":1}}', '{"a":[{"__proto__":{"polluted":1}}]}']) {
      expect(JSON.stringify(applyMergePatch({}, JSON.parse(text)))).toBe(text);
      expect(JSON.stringify(applyMergePatch(JSON.parse(text), {}))).toBe(text);
    }
    const removed = applyMergePatch(JSON.parse('{"__proto__":{"a":1,"b":2}}'), JSON.parse('{"__proto__":{"a":null}}'));
    expect(JSON.stringify(removed)).toBe('{"__proto__":{"b":2}}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('refuses a patch that is nested without end', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    expectRefusal(() => applyMergePatch({}, deep), 'BadRequest', /nesting/);
  });

  it('shares nothing with its arguments', () => {
    const object = { a: { b: [1] } };
    const patch = { c: { d: [1] } };
    const patched = applyMergePatch(object, patch);
    (patched as { a: { b: number[] } }).a.b.push(2);
    (patched as { c: { d: number[] } }).c.d.push(2);
    expect(object).toEqual({ a: { b: [1] } });
    expect(patch).toEqual({ c: { d: [1] } });
  });

  it('applies the difference of two objects', () => {
    const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), anyValue.map(withoutNulls));
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(applyMergePatch(before, difference(before, after))).toEqual(after);
      }),
    );
  });

  it('is idempotent, and a patch without nulls is contained in the result', () => {
    const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), anyValue);
    fc.assert(
      fc.property(json, json, (object, patch) => {
        const once = applyMergePatch(object, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});
