import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSet } from './field-set.js';

const step = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'v:1');
const path = fc.array(step, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 12 });

const setOf = (all: readonly string[][]): FieldSet => FieldSet.unionOf(all.map(FieldSet.ofPath));
const textOf = (one: readonly string[]): string => one.join('\u0000');
const same = (set: FieldSet, expected: readonly string[][]): void =>
  expect(set.toFieldsV1()).toEqual(setOf(expected).toFieldsV1());

describe('sets of fields', () => {
  const isIn = (all: readonly string[][], one: readonly string[]): boolean =>
    all.some((other) => textOf(other) === textOf(one));

  it('are joined, cut and taken away as sets of paths are', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [one, other] = [setOf(left), setOf(right)];
        same(one.union(other), [...left, ...right]);
        same(
          one.intersection(other),
          left.filter((each) => isIn(right, each)),
        );
        same(
          one.minus(other),
          left.filter((each) => !isIn(right, each)),
        );
        const isBelow = (each: readonly string[]): boolean => each.some((_, at) => isIn(right, each.slice(0, at + 1)));
        same(
          one.minusAllOf(other),
          left.filter((each) => !isBelow(each)),
        );
        // Neither has changed.
        same(one, left);
        same(other, right);
      }),
    );
  });

  it('are themselves where nothing changes', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const both = setOf([...left, ...right]);
        expect(both.union(setOf(right))).toBe(both);
        const apart = FieldSet.ofPath(['f:apart']);
        expect(both.minus(apart)).toBe(both);
        expect(both.minusAllOf(apart)).toBe(both);
      }),
    );
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(paths, (all) => {
        same(FieldSet.fromFieldsV1(setOf(all).toFieldsV1()), all);
      }),
    );
  });
});
