import type { JournalEntry } from '@everynode/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OwnCommits } from './own-commits.js';

const entry = (revision: number) => ({ revision }) as JournalEntry;
const batch = (first: number, count: number) => ({
  first,
  entries: Array.from({ length: count }, (_, i) => entry(first + i)),
});
const revisions = (entries: JournalEntry[]) => entries.map(({ revision }) => revision);

describe('OwnCommits', () => {
  it('gives what follows on a position, and nothing across a revision of somebody else', () => {
    const own = new OwnCommits();
    own.add(batch(5, 2));
    own.add(batch(7, 1));
    own.add(batch(9, 1));
    expect(revisions(own.takeAfter(3, 100))).toEqual([]);
    expect(revisions(own.takeAfter(4, 100))).toEqual([5, 6, 7]);
    expect(revisions(own.takeAfter(7, 100))).toEqual([]);
    expect(revisions(own.takeAfter(8, 100))).toEqual([9]);
  });

  it('leaves out what was read from the journal meanwhile', () => {
    const own = new OwnCommits();
    own.add(batch(1, 3));
    own.add(batch(4, 3));
    expect(revisions(own.takeAfter(4, 100))).toEqual([5, 6]);
  });

  it('relays every revision once and in order, whoever wrote it', () => {
    const batches = fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), own: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 8 }), (list, most) => {
        const own = new OwnCommits();
        let last = 0;
        for (const { size, own: isOwn } of list) {
          if (isOwn) own.add(batch(last + 1, size));
          last += size;
        }
        const relayed: number[] = [];
        while (relayed.length < last) {
          const position = relayed.length;
          const taken = revisions(own.takeAfter(position, most));
          // As the relay does: what is not here is read from the journal, up to a page.
          const page = Array.from({ length: Math.min(most, last - position) }, (_, i) => position + 1 + i);
          relayed.push(...(taken.length > 0 ? taken : page));
        }
        expect(relayed).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      }),
    );
  });
});
