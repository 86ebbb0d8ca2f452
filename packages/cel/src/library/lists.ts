import { spend } from '../budget.js';
import type { Environment } from '../program.js';

/** A namespace of functions: `sets.contains(a, b)` is a method of the constant `sets`. */
class Sets {}
class Lists {}

type Comparable = bigint | number | string | boolean | Date | { valueOf(): number | bigint };

const less = (a: Comparable, b: Comparable): boolean => a < b;

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'bigint' && typeof b === 'number') return Number(a) === b;
  if (typeof a === 'number' && typeof b === 'bigint') return a === Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => sameValue(one, b[at]));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a.constructor !== b.constructor) return false;
  const keys = Object.keys(a);
  if (keys.length === 0 && a.constructor !== Object) return String(a) === String(b);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue((a as never)[key], (b as never)[key]))
  );
}

function has(list: readonly unknown[], value: unknown): boolean {
  spend(list.length);
  return list.some((one) => sameValue(one, value));
}

function extreme(
  list: readonly Comparable[],
  name: string,
  better: (a: Comparable, b: Comparable) => boolean,
): Comparable {
  spend(list.length);
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, one) => (better(one, best) ? one : best), first);
}

function sum(list: readonly (bigint | number)[]): bigint | number {
  spend(list.length);
  if (list.some((one) => typeof one === 'number')) return list.reduce((total: number, one) => total + Number(one), 0);
  return list.reduce((total: bigint, one) => total + BigInt(one), 0n);
}

function sorted(list: readonly Comparable[]): Comparable[] {
  spend(list.length * 4);
  return list.toSorted((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
}

function flatten(list: readonly unknown[], depth: number): unknown[] {
  if (depth < 0) throw new Error('level must be non-negative');
  const flat: unknown[] = [];
  // Lists may share their elements, so that the result can be far longer than what is in memory: it is paid for first.
  const add = (items: readonly unknown[], levels: number): void => {
    spend(items.length);
    for (const one of items) {
      if (levels > 0 && Array.isArray(one)) add(one, levels - 1);
      else flat.push(one);
    }
  };
  add(list, depth);
  return flat;
}

function slice(list: readonly unknown[], from: bigint, to: bigint): unknown[] {
  if (from < 0n || to < 0n) throw new Error(`cannot slice(${from}, ${to}), negative indexes not supported`);
  if (from > to) throw new Error(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`);
  if (Number(to) > list.length) throw new Error(`cannot slice(${from}, ${to}), list is length ${list.length}`);
  return list.slice(Number(from), Number(to));
}

function distinct(list: readonly unknown[]): unknown[] {
  const kept: unknown[] = [];
  for (const one of list) if (!has(kept, one)) kept.push(one);
  return kept;
}

/** Lists as in apiserver pkg/cel/library/lists.go, and cel-go's extensions lists (version 3) and sets. */
export function addLists(environment: Environment): void {
  const indexOf = (list: readonly unknown[], value: unknown): bigint => {
    spend(list.length);
    return BigInt(list.findIndex((one) => sameValue(one, value)));
  };
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly Comparable[]) => {
      spend(list.length);
      return list.every((one, at) => at === 0 || !less(one, list[at - 1] as Comparable));
    })
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.min(): dyn', (list: readonly Comparable[]) => extreme(list, 'min', less))
    .registerFunction('list.max(): dyn', (list: readonly Comparable[]) => extreme(list, 'max', (a, b) => less(b, a)))
    .registerFunction('list.indexOf(dyn): int', indexOf)
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], value: unknown) => {
      spend(list.length);
      return BigInt(list.findLastIndex((one) => sameValue(one, value)));
    })
    .registerFunction('list.sort(): list', sorted)
    .registerFunction('list.reverse(): list', (list: readonly unknown[]) => list.toReversed())
    .registerFunction('list.distinct(): list', distinct)
    .registerFunction('list.flatten(): list', (list: readonly unknown[]) => flatten(list, 1))
    .registerFunction('list.flatten(int): list', (list: readonly unknown[], depth: bigint) =>
      flatten(list, Number(depth)),
    )
    .registerFunction('list.slice(int, int): list', slice)
    .registerType('kubernetes.Lists', Lists)
    .registerConstant('lists', 'kubernetes.Lists', new Lists())
    .registerFunction('kubernetes.Lists.range(int): list<int>', (_lists: Lists, size: bigint) => {
      spend(Number(size));
      return Array.from({ length: Number(size) }, (_one, at) => BigInt(at));
    });
  addSets(environment);
}

type Two = [Sets, readonly unknown[], readonly unknown[]];

function addSets(environment: Environment): void {
  const contains = (a: readonly unknown[], b: readonly unknown[]): boolean => b.every((one) => has(a, one));
  environment
    .registerType('kubernetes.Sets', Sets)
    .registerConstant('sets', 'kubernetes.Sets', new Sets())
    .registerFunction('kubernetes.Sets.contains(list, list): bool', (...[, a, b]: Two) => contains(a, b))
    .registerFunction(
      'kubernetes.Sets.equivalent(list, list): bool',
      (...[, a, b]: Two) => contains(a, b) && contains(b, a),
    )
    .registerFunction('kubernetes.Sets.intersects(list, list): bool', (...[, a, b]: Two) =>
      a.some((one) => has(b, one)),
    );
}
