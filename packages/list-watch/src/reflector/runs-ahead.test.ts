import type { JournalChange } from '@everynode/contract';
import { describe, expect, it } from 'vitest';
import { RunsAhead } from './runs-ahead.js';

function run(first: number, last: number): JournalChange[] {
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    type: 'MODIFIED',
    resource: 'pods',
    namespace: 'ns',
    name: 'a',
    uid: 'a',
    revision: first + i,
    previous: 0,
    placement: null,
    metadata: undefined,
    desired: undefined,
    observed: undefined,
  }));
}

const revisionsOf = (changes: JournalChange[] | undefined) => changes?.map(({ revision }) => revision);

describe('RunsAhead', () => {
  it('returns a run only when it continues from the revision', () => {
    const ahead = new RunsAhead();
    ahead.add(run(7, 9));
    ahead.add(run(5, 6));
    expect(ahead.takeFollowing(3)).toBeUndefined();
    expect(revisionsOf(ahead.takeFollowing(4))).toEqual([5, 6]);
    expect(revisionsOf(ahead.takeFollowing(6))).toEqual([7, 8, 9]);
    expect(ahead.size).toBe(0);
  });

  it('leaves out what is known of a run that overlaps the revision', () => {
    const ahead = new RunsAhead();
    ahead.add(run(5, 9));
    expect(revisionsOf(ahead.takeFollowing(7))).toEqual([8, 9]);
  });

  it('drops runs that came another way', () => {
    const ahead = new RunsAhead();
    ahead.add(run(5, 6));
    ahead.add(run(6, 8));
    ahead.dropKnown(6);
    expect(ahead.size).toBe(1);
    expect(ahead.takeFollowing(8)).toBeUndefined();
    expect(ahead.size).toBe(0);
  });
});
