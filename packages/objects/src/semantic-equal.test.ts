import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { semanticallyEqual } from './semantic-equal.js';

describe('semanticallyEqual', () => {
  it('takes null, missing and an empty list as one', () => {
    expect(semanticallyEqual({ a: null, b: [] }, {})).toBe(true);
    expect(semanticallyEqual({}, { a: null, b: [] })).toBe(true);
    expect(semanticallyEqual(undefined, [])).toBe(true);
  });

  it('tells zero, false, empty text and an empty struct from nothing', () => {
    for (const value of [0, false, '', {}]) {
      expect(semanticallyEqual({ a: value }, {})).toBe(false);
      expect(semanticallyEqual({}, { a: value })).toBe(false);
    }
  });

  it('minds the order of lists, not of keys', () => {
    expect(semanticallyEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(semanticallyEqual([1, 2], [2, 1])).toBe(false);
    expect(semanticallyEqual([1], { 0: 1 })).toBe(false);
    expect(semanticallyEqual({ a: { b: 1 } }, { a: { b: 2 } })).toBe(false);
  });

  it('looks at own keys alone', () => {
    expect(semanticallyEqual({ toString: 'x' }, {})).toBe(false);
    expect(semanticallyEqual({}, { toString: 'x' })).toBe(false);
  });

  it('is reflexive on copies and symmetric', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(semanticallyEqual(a, structuredClone(a))).toBe(true);
        expect(semanticallyEqual(a, b)).toBe(semanticallyEqual(b, a));
      }),
    );
  });
});
