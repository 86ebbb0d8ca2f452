import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, Operation, Outcome } from '../history.js';
import { linearize } from './linearize.js';
import { NO_OBJECT, type Register, step } from './register-model.js';

let ids = 0;
function operation(
  began: number,
  ended: number,
  action: Action,
  outcome: Outcome,
  more: Partial<Operation> = {},
): Operation {
  ids += 1;
  return { id: ids, client: 'c', key: 'k', action, began, ended, outcome, ...more };
}
const create = (value: string): Action => ({ do: 'create', value });
const put = (value: string, expects?: number): Action => ({ do: 'put', value, ...(expects && { expects }) });
const append = (value: string): Action => ({ do: 'append', value });
const read: Action = { do: 'read' };
const remove: Action = { do: 'delete' };

/** `a` is created at revision 1 between 0 and 1. */
const created = operation(0, 1, create('a'), 'ok', { value: 'a', revision: 1 });

describe('linearize', () => {
  it('orders concurrent writes by what is read of them', () => {
    const history = [
      created,
      operation(2, 9, put('b'), 'ok', { value: 'b', revision: 3 }),
      operation(2, 9, put('c'), 'ok', { value: 'c', revision: 2 }),
      operation(3, 4, read, 'ok', { value: 'c', revision: 2 }),
      operation(5, 6, read, 'ok', { value: 'b', revision: 3 }),
    ];
    expect(linearize(history)).toBe('linearizable');
    expect(
      linearize(
        history.map((one) => (one.action === read ? { ...one, began: 12 - one.ended, ended: 12 - one.began } : one)),
      ),
    ).toBe('not linearizable');
  });

  it.each<[string, Operation[]]>([
    [
      'a lost write',
      [
        created,
        operation(2, 3, put('b'), 'ok', { value: 'b', revision: 2 }),
        operation(4, 5, read, 'ok', { value: 'a', revision: 1 }),
      ],
    ],
    [
      'a stale read of an object that is gone',
      [created, operation(2, 3, remove, 'ok'), operation(4, 5, read, 'ok', { value: 'a', revision: 1 })],
    ],
    [
      'a precondition that did not hold',
      [
        created,
        operation(2, 3, put('b'), 'ok', { value: 'b', revision: 2 }),
        operation(4, 5, put('c', 1), 'ok', { value: 'c', revision: 3 }),
      ],
    ],
    ['a conflict with the revision that is there', [created, operation(2, 3, put('b', 1), 'conflict')]],
    ['"already exists" for an object that is not there', [operation(0, 1, create('a'), 'exists')]],
    ['"not found" for an object that is there', [created, operation(2, 3, put('b'), 'absent')]],
    [
      'an item that was appended twice',
      [
        created,
        operation(2, 3, append('x'), 'ok', { value: 'a,x', revision: 2 }),
        operation(4, 5, read, 'ok', { value: 'a,x,x', revision: 3 }),
      ],
    ],
    [
      'a revision that goes back',
      [
        created,
        operation(2, 3, put('b'), 'ok', { value: 'b', revision: 5 }),
        operation(4, 5, put('c'), 'ok', { value: 'c', revision: 4 }),
      ],
    ],
    [
      'a write that was refused and is read',
      [created, operation(2, 3, put('b'), 'refused'), operation(4, 5, read, 'ok', { value: 'b', revision: 2 })],
    ],
  ])('finds %s', (_, history) => {
    expect(linearize(history)).toBe('not linearizable');
  });

  it('lets a write without an answer be done late, early or never', () => {
    const unknown = operation(2, 3, put('b'), 'unknown');
    const reads = (...values: string[]) =>
      values.map((value, at) => operation(4 + 2 * at, 5 + 2 * at, read, 'ok', { value }));
    expect(linearize([created, unknown, ...reads('a', 'a')])).toBe('linearizable');
    expect(linearize([created, unknown, ...reads('a', 'b')])).toBe('linearizable');
    expect(linearize([created, unknown, ...reads('b', 'b')])).toBe('linearizable');
    expect(linearize([created, unknown, ...reads('b', 'a')])).toBe('not linearizable');
  });
});

/** Every order, one after the other: no memory, no list, nothing to get wrong. */
function bruteForce(operations: readonly Operation[], register: Register = NO_OBJECT): boolean {
  if (operations.every(({ outcome }) => outcome === 'unknown')) return true;
  const ends = operations.map(({ outcome, ended }) => (outcome === 'unknown' ? Number.POSITIVE_INFINITY : ended));
  const firstEnd = Math.min(...ends);
  return operations.some((one, index) => {
    if (one.began > firstEnd) return false;
    const after = step(register, one);
    return after !== undefined && bruteForce(operations.toSpliced(index, 1), after);
  });
}

/** Small histories, many of them nearly right: few values, few revisions, times that overlap. */
const histories = fc.array(
  fc
    .record({
      began: fc.integer({ min: 0, max: 12 }),
      lasts: fc.integer({ min: 0, max: 8 }),
      action: fc.oneof(
        fc.constant(read),
        fc.constantFrom('1', '2').map(create),
        fc
          .tuple(fc.constantFrom('1', '2'), fc.constantFrom(undefined, 1, 2))
          .map(([value, expects]) => put(value, expects)),
        fc.constantFrom('1', '2').map(append),
        fc.constant(remove),
      ),
      outcome: fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'unknown', 'conflict', 'exists', 'absent', 'refused'),
      revision: fc.constantFrom(undefined, 1, 2, 3),
      value: fc.constantFrom(undefined, '1', '2', '1,2'),
    })
    .map(({ began, lasts, action, outcome, revision, value }) =>
      operation(began, began + lasts, action, outcome, {
        ...(outcome === 'ok' && revision !== undefined && { revision }),
        ...(outcome === 'ok' && action.do === 'read' && value !== undefined && { value }),
      }),
    ),
  { maxLength: 7 },
);

describe('linearize, held against every order', () => {
  it('agrees on small histories', () => {
    const found = { linearizable: 0, not: 0 };
    fc.assert(
      fc.property(histories, (history) => {
        const possible = bruteForce(history.filter(({ outcome }) => outcome !== 'refused'));
        found[possible ? 'linearizable' : 'not'] += 1;
        expect(linearize(history)).toBe(possible ? 'linearizable' : 'not linearizable');
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(found.linearizable, found.not)).toBeGreaterThan(100);
  });
});
