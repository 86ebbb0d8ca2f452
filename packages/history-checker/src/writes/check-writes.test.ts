import { describe, expect, it } from 'vitest';
import { SampleJournal } from '../../fixtures/sample.js';
import type { Operation } from '../history.js';
import { checkLinearizability } from '../linearizability/check-linearizability.js';
import { checkJournal } from './check-journal.js';
import { checkWrites } from './check-writes.js';

const checksOf = ({ history }: SampleJournal): string[] => checkWrites(history).map(({ check }) => check);
const put = (value: string, expects?: number) => ({ do: 'put', value, ...(expects && { expects }) }) as const;

describe('checkWrites', () => {
  it('accepts writes that are where their answers say, and unknown ones that were done or not', () => {
    const sample = new SampleJournal();
    sample.value('a', '1');
    sample.value('a', '2');
    sample.operation({ action: { do: 'create', value: '1' }, outcome: 'ok', revision: 1 });
    sample.operation({ action: put('2', 1), outcome: 'ok', revision: 2 });
    sample.operation({ action: put('3', 1), outcome: 'conflict' });
    sample.operation({ action: put('4'), outcome: 'unknown' });
    sample.operation({ action: put('5'), outcome: 'refused' });
    expect(checksOf(sample)).toEqual([]);
  });

  it('finds an acknowledged write that the journal has not, or elsewhere', () => {
    const sample = new SampleJournal();
    sample.value('a', '1');
    sample.operation({ action: put('2'), outcome: 'ok', revision: 1 });
    sample.operation({ action: put('1'), outcome: 'ok', revision: 2 });
    expect(checksOf(sample)).toEqual(['write-lost', 'write-lost']);
  });

  it('finds a write that was done though its client was told that it was not', () => {
    const sample = new SampleJournal();
    sample.value('a', '1');
    sample.operation({ action: { do: 'create', value: '1' }, outcome: 'exists', status: 409 });
    sample.operation({ action: put('1'), outcome: 'refused', status: 503 });
    expect(checksOf(sample)).toEqual(['write-denied', 'write-denied']);
  });

  it('finds an acknowledged edit that is not there, of an object that others write, too', () => {
    const sample = new SampleJournal();
    const node = { ready: true, unschedulable: false, taints: [] };
    for (const value of [undefined, '7', '7']) sample.change('nodes', '/n', { node, ...(value && { value }) });
    const edit = { key: 'nodes /n', action: { do: 'edit', value: '7' }, outcome: 'ok' } as const;
    sample.operation({ ...edit, revision: 2 });
    expect(checksOf(sample)).toEqual([]);
    expect(checkLinearizability(sample.history)).toEqual([]);
    sample.operation({ ...edit, action: { do: 'edit', value: '8' }, revision: 3 });
    expect(checksOf(sample)).toEqual(['write-lost']);
  });

  it('finds a write with a precondition that replaced another revision', () => {
    const sample = new SampleJournal();
    for (const value of ['1', '2', '3']) sample.value('a', value);
    sample.operation({ action: put('3', 1), outcome: 'ok', revision: 3 });
    expect(checksOf(sample)).toEqual(['write-undone']);
  });

  it('finds an item that was appended twice', () => {
    const sample = new SampleJournal();
    for (const value of ['1', '1,2', '1,2,2']) sample.value('a', value);
    sample.operation({ action: { do: 'append', value: '2' }, outcome: 'unknown' });
    expect(checksOf(sample)).toEqual(['write-doubled']);
  });

  it('finds a write that was done after its client had given up, over a newer acknowledged one', () => {
    const sample = new SampleJournal();
    for (const value of ['1', '2', '3']) sample.value('a', value);
    sample.operation({ action: put('3'), outcome: 'unknown', began: 100, ended: 500 });
    sample.operation({ action: put('2'), outcome: 'ok', revision: 2, began: 400, ended: 2100 });
    expect(checksOf(sample)).toEqual([]);
    sample.operation({ action: put('2'), outcome: 'ok', revision: 2, began: 600, ended: 2100 });
    expect(checksOf(sample)).toEqual(['write-late']);
  });
});

describe('checkWrites of deletions', () => {
  /** Revision 1 makes the object, revision 2 ends it. */
  function deleted(): SampleJournal {
    const sample = new SampleJournal();
    sample.value('a', '1');
    sample.change('configmaps', 'faults/a', { value: '1' }, true);
    sample.operation({ action: { do: 'create', value: '1' }, outcome: 'ok', revision: 1, began: 0, ended: 1 });
    return sample;
  }
  const deletion = (outcome: Operation['outcome'], began: number, ended: number, expects?: number) =>
    ({ action: { do: 'delete', ...(expects && { expects }) }, outcome, began, ended }) as const;

  it('accepts acknowledged and unknown deletions that the journal has', () => {
    for (const outcome of ['ok', 'unknown'] as const) {
      const sample = deleted();
      sample.operation(deletion(outcome, 2, 3, 1));
      sample.operation(deletion('absent', 4, 5));
      expect(checksOf(sample)).toEqual([]);
    }
  });

  it('finds an acknowledged deletion that the journal has not, and one that was refused and done', () => {
    const lost = deleted();
    lost.operation(deletion('ok', 2, 3));
    lost.operation(deletion('ok', 4, 5));
    expect(checksOf(lost)).toEqual(['write-lost']);
    const denied = deleted();
    denied.operation({ ...deletion('refused', 2, 3), status: 503, retryAfter: true });
    expect(checksOf(denied)).toEqual(['write-denied']);
  });

  it('finds a deletion that no client asked for', () => {
    const sample = deleted();
    sample.operation(deletion('unknown', 2, 3, 7));
    expect(checksOf(sample)).toEqual(['write-unasked']);
  });

  it('finds a late creation after an acknowledged deletion', () => {
    const sample = deleted();
    sample.value('a', '3');
    sample.operation({ action: { do: 'create', value: '3' }, outcome: 'unknown', began: 0, ended: 2 });
    sample.operation(deletion('ok', 3, 4));
    expect(checksOf(sample)).toEqual(['write-late']);
  });

  it('finds a late deletion over a newer acknowledged write', () => {
    const sample = new SampleJournal();
    for (const value of ['1', '2']) sample.value('a', value);
    sample.change('configmaps', 'faults/a', { value: '2' }, true);
    sample.operation(deletion('unknown', 2, 3));
    sample.operation({ action: put('2'), outcome: 'ok', revision: 2, began: 4, ended: 5 });
    expect(checksOf(sample)).toEqual(['write-late']);
  });
});

describe('checkJournal', () => {
  it('finds a change and a deletion of what is deleted', () => {
    for (const type of ['MODIFIED', 'DELETED'] as const) {
      const sample = new SampleJournal();
      sample.value('a', '1');
      sample.change('configmaps', 'faults/a', { value: '1' }, true);
      const again = sample.value('a', '2');
      sample.history.pop();
      sample.history.push({ entry: 'change', ...again, type, previous: 2 });
      expect(checkJournal(sample.history)).toHaveLength(1);
    }
  });

  it('finds a hole, a repetition and a change of something else than what was there', () => {
    const good = new SampleJournal();
    for (const value of ['1', '2', '3']) good.value('a', value);
    expect(checkJournal(good.history)).toEqual([]);
    const [first, second, third] = good.history;
    if (!first || !second || !third || third.entry !== 'change') throw new Error('three changes were made');
    for (const history of [
      [first, third],
      [first, second, second],
      [first, second, { ...third, previous: 1 }],
      [first, second, { ...third, uid: 'another' }],
    ]) {
      expect(checkJournal(history).length).toBeGreaterThan(0);
    }
  });
});
