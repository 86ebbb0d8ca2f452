import { describe, expect, it } from 'vitest';
import { SampleJournal } from '../../fixtures/sample.js';
import type { StoredObject } from '../history.js';
import { checkStored } from './check-stored.js';

/** `a` at revision 3, `b` at 2, and `c`, which is deleted at 5. */
function journal(): SampleJournal {
  const sample = new SampleJournal();
  for (const [name, value] of ['a1', 'b1', 'a2', 'c1']) sample.value(name ?? '', value ?? '');
  sample.change('configmaps', 'faults/c', { value: '1' }, true);
  return sample;
}

const row = (name: string, revision: number, value: string, more: Partial<StoredObject> = {}): StoredObject => ({
  resource: 'configmaps',
  key: `faults/${name}`,
  uid: `uid of configmaps faults/${name}`,
  revision,
  hash: JSON.stringify({ value }),
  ...more,
});
const A = row('a', 3, '2');
const B = row('b', 2, '1');

function messagesOf(objects: StoredObject[], revision = 5): string[] {
  const { history } = journal();
  return checkStored([...history, { entry: 'stored', at: 9000, revision, objects }]).map(({ message }) => message);
}

describe('checkStored', () => {
  it('accepts the rows that the journal comes to, at the revision of the table', () => {
    expect(messagesOf([B, A])).toEqual([]);
    expect(messagesOf([A, B, row('c', 4, '1')], 4)).toEqual([]);
  });

  it.each<[string, StoredObject[]]>([
    ['faults/b has no row, and the journal has it at 2', [A]],
    ['faults/c has a row of revision 4, and the journal has no such object', [A, B, row('c', 4, '1')]],
    ['faults/a has two rows', [A, A, B]],
    ['faults/a and configmaps faults/b have one uid', [B, { ...A, uid: B.uid }]],
    ['faults/a has a row of revision 1, and the journal has it at 3', [row('a', 1, '2'), B]],
    ['the row of configmaps faults/a has another content than the journal at 3', [row('a', 3, '1'), B]],
    ['the row of configmaps faults/a has another uid than the journal at 3', [{ ...A, uid: 'another' }, B]],
  ])('finds: %s', (message, rows) => {
    expect(messagesOf(rows)[0]).toContain(message);
  });

  it('finds a journal that ends before the table', () => {
    expect(messagesOf([A, B], 7)).toEqual(['the counter is at 7, and the journal ends at 5']);
  });
});
