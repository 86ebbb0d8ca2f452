import { describe, expect, it } from 'vitest';
import { fault } from '../../fixtures/faults.js';
import { SampleJournal, SCOPE } from '../../fixtures/sample.js';
import { checkWatches } from './check-watches.js';

/** Revisions 1 to 4: `a` twice, `b`, and the end of `b`. */
function journal(): SampleJournal {
  const sample = new SampleJournal();
  sample.value('a', '1');
  sample.value('b', '2');
  sample.value('a', '3');
  sample.change('configmaps', 'faults/b', { value: '2' }, true);
  return sample;
}

const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, revision: number, value?: string) =>
  ({ what: 'event', watch: 'w', at: 9000, type, key: `faults/${name}`, revision, ...(value && { value }) }) as const;
const from = (revision: number) => ({ what: 'resume', watch: 'w', scope: SCOPE, at: 9000, revision }) as const;
const bookmark = (revision: number, at = 9000) => ({ what: 'bookmark', watch: 'w', at, revision }) as const;

function messagesOf(sample: SampleJournal): string[] {
  return checkWatches(sample.history).map(({ message }) => message);
}

describe('checkWatches', () => {
  it('accepts the journal in order, from any revision, with bookmarks behind it', () => {
    const sample = journal();
    sample.watch(from(1));
    sample.watch(event('ADDED', 'b', 2, '2'));
    sample.watch(bookmark(2));
    sample.watch(event('MODIFIED', 'a', 3, '3'));
    sample.watch(event('DELETED', 'b', 4, '2'));
    sample.watch(bookmark(4));
    expect(messagesOf(sample)).toEqual([]);
  });

  it('finds a missed, a repeated and a swapped event, and one of another type or value', () => {
    for (const events of [
      [event('MODIFIED', 'a', 3, '3')],
      [event('ADDED', 'b', 2, '2'), event('ADDED', 'b', 2, '2')],
      [event('ADDED', 'b', 2, '2'), event('DELETED', 'b', 4), event('MODIFIED', 'a', 3)],
      [event('MODIFIED', 'b', 2, '2')],
      [event('ADDED', 'b', 2, '7')],
    ]) {
      const sample = journal();
      sample.watch(from(1));
      for (const one of events) sample.watch(one);
      expect(messagesOf(sample)).toHaveLength(1);
    }
  });

  it('finds a bookmark before an event that it includes, and one of a revision that is not committed', () => {
    const early = journal();
    early.watch(from(1));
    early.watch(bookmark(3));
    expect(messagesOf(early)).toEqual([expect.stringContaining('a bookmark of 3 before the event of 2')]);
    const ahead = journal();
    ahead.watch(from(4));
    ahead.watch(bookmark(5));
    expect(messagesOf(ahead)).toEqual([expect.stringContaining('before that was committed')]);
  });

  it('finds a watch that is open and behind at the end, but not one that has ended', () => {
    const open = journal();
    open.watch({ ...from(1), at: 1500 });
    expect(messagesOf(open)).toEqual([]);
    // A client that still asks shows that the run goes on.
    open.operation({ action: { do: 'read' }, outcome: 'ok', began: 9000, ended: 9001 });
    expect(messagesOf(open)).toEqual([expect.stringContaining('has not shown revision 2')]);
    open.watch({ what: 'end', watch: 'w', at: 9000 });
    expect(messagesOf(open)).toEqual([]);
  });

  it('takes the end of the clients as the end, not what is measured and written after it', () => {
    const sample = new SampleJournal();
    sample.value('a', '1');
    sample.watch({ ...from(1), at: 1500 });
    for (const value of ['2', '3', '4', '5', '6', '7', '8', '9', '10']) sample.value('a', value);
    sample.history.push({ entry: 'leak', at: 90_000, what: 'streams', before: 1, after: 1, limit: 1 });
    expect(messagesOf(sample)).toEqual([]);
  });

  describe('the time until an event is shown', () => {
    /** Revision 1 is committed at 1 s. */
    function shown(at: number, began = 0): SampleJournal {
      const sample = new SampleJournal();
      sample.value('a', '1');
      sample.watch({ ...from(0), at: began });
      sample.watch({ ...event('ADDED', 'a', 1, '1'), at });
      return sample;
    }
    const late = [expect.stringContaining('too late')];

    it('is at most 10 s after the commit, or after the begin of the watch', () => {
      expect(messagesOf(shown(11_000))).toEqual([]);
      expect(messagesOf(shown(90_000))).toEqual(late);
      expect(messagesOf(shown(90_000, 85_000))).toEqual([]);
    });

    it('begins anew when a fault of that time heals, and not when one of another time does', () => {
      const sample = shown(70_000);
      sample.history.push(fault({ began: 500, injected: 500, healed: 62_000 }));
      expect(messagesOf(sample)).toEqual([]);
      const other = shown(70_000);
      other.history.push(fault({ began: 60_000, injected: 60_000, healed: 65_000 }));
      expect(messagesOf(other)).toEqual(late);
    });

    it('is over when the watch ends: what is shown by the next one was due by this one', () => {
      const sample = new SampleJournal();
      sample.value('a', '1');
      sample.watch({ ...from(0), at: 0 });
      sample.watch({ what: 'end', watch: 'w', at: 90_000 });
      sample.watch({ ...from(0), at: 90_100 });
      sample.watch({ ...event('ADDED', 'a', 1, '1'), at: 90_200 });
      expect(messagesOf(sample)).toEqual(late);
    });
  });

  it('finds a list that is not the state at its revision', () => {
    const sample = journal();
    const list = { what: 'list', watch: 'w', scope: SCOPE, at: 9000, revision: 4 } as const;
    sample.watch({ ...list, items: ['faults/a 3'] });
    expect(messagesOf(sample)).toEqual([]);
    sample.watch({ ...list, items: ['faults/a 1'] });
    sample.watch({ ...list, items: ['faults/a 3', 'faults/b 2'] });
    expect(messagesOf(sample)).toHaveLength(2);
  });

  it('shows an object that begins to match a selector as added, and one that no longer does as deleted', () => {
    const sample = new SampleJournal();
    const node = { ready: true, unschedulable: false, taints: [] };
    for (const flip of ['off', 'on', 'on', 'off']) sample.change('nodes', '/n', { node, labels: { flip } });
    const scope = { resource: 'nodes', namespace: '', labelSelector: 'flip=on' };
    sample.watch({ what: 'resume', watch: 'w', scope, at: 9000, revision: 0 });
    for (const [type, revision] of [
      ['ADDED', 2],
      ['MODIFIED', 3],
      ['DELETED', 4],
    ] as const) {
      sample.watch({ what: 'event', watch: 'w', at: 9000, type, key: '/n', revision });
    }
    expect(messagesOf(sample)).toEqual([]);
  });
});
