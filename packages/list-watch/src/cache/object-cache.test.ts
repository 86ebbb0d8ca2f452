import type { ObjectRecord } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Indexer, ObjectCache } from './object-cache.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const byNode: Indexer = ({ record }) => (record.placement === null ? [] : [record.placement]);

function recordOf(name: string, revision: number, fields: Partial<ObjectRecord> = {}): ObjectRecord {
  const namespace = fields.namespace ?? 'ns';
  const metadata = JSON.stringify({ name, namespace, uid: name });
  return {
    resource: 'pods',
    namespace,
    name,
    uid: name,
    revision,
    metadata,
    desired: '{"spec":{}}',
    observed: null,
    placement: null,
    ...fields,
  };
}

const newCache = () => new ObjectCache('pods', POD, { node: byNode });
const namesOf = (objects: Iterable<{ record: ObjectRecord }>): string[] =>
  [...objects].map(({ record }) => record.name).sort();

describe('ObjectCache', () => {
  it('returns what a record changed: ADDED, then MODIFIED with the version before', () => {
    const cache = newCache();
    const added = cache.put(recordOf('a', 1));
    expect(added).toMatchObject({ type: 'ADDED', revision: 1, previous: undefined });
    const modified = cache.put(recordOf('a', 2));
    expect(modified).toMatchObject({ type: 'MODIFIED', revision: 2 });
    expect(modified?.previous).toBe(added?.current);
    expect(cache.get('ns', 'a')).toBe(modified?.current);
    expect(cache.size).toBe(1);
  });

  it('ignores a record that is not newer than the cached one', () => {
    const cache = newCache();
    const current = cache.put(recordOf('a', 5))?.current;
    expect(cache.put(recordOf('a', 5))).toBeUndefined();
    expect(cache.put(recordOf('a', 4))).toBeUndefined();
    expect(cache.get('ns', 'a')).toBe(current);
  });

  it('returns the final state of a removed object at the revision of its deletion', () => {
    const cache = newCache();
    const last = cache.put(recordOf('a', 1))?.current;
    const removed = cache.remove(recordOf('a', 2, { observed: '{"phase":"Failed"}' }));
    expect(removed).toMatchObject({ type: 'DELETED', revision: 2, current: { status: { phase: 'Failed' } } });
    expect(removed?.previous).toBe(last);
    expect(cache.remove(recordOf('a', 3))).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('lists a namespace, and finds cluster-scoped objects by a key with an empty namespace', () => {
    const cache = newCache();
    for (const [name, namespace] of [
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'two'],
      ['d', ''],
    ] as const) {
      cache.put(recordOf(name, 1, { namespace }));
    }
    expect(namesOf(cache.list())).toEqual(['a', 'b', 'c', 'd']);
    expect(namesOf(cache.list('one'))).toEqual(['a', 'b']);
    expect(namesOf(cache.list('none'))).toEqual([]);
    expect(cache.getByKey('one/b')?.record.name).toBe('b');
    expect(cache.getByKey('/d')?.record.name).toBe('d');
  });

  it('finds an object under its present values of an index only', () => {
    const cache = newCache();
    cache.put(recordOf('a', 1, { placement: 'n1' }));
    cache.put(recordOf('b', 2, { placement: 'n1' }));
    cache.put(recordOf('a', 3, { placement: 'n2' }));
    expect(namesOf(cache.find('node', 'n1'))).toEqual(['b']);
    expect(namesOf(cache.find('node', 'n2'))).toEqual(['a']);
    cache.remove(recordOf('b', 4));
    expect(namesOf(cache.find('node', 'n1'))).toEqual([]);
    expect(() => cache.find('zone', 'z')).toThrow('pods has no index zone');
  });

  it('has the same indexes after any history as a cache that is filled from nothing', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c'), node: fc.constantFrom(null, 'n1', 'n2') });
    const steps = fc.array(fc.record({ put: step, removes: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (history) => {
        const cache = newCache();
        history.forEach(({ put, removes }, i) => {
          const record = recordOf(put.name, i + 1, { placement: put.node });
          if (removes) cache.remove(record);
          else cache.put(record);
        });
        const fresh = newCache();
        for (const { record } of cache.list()) fresh.put(record);
        expect(namesOf(cache.list())).toEqual(namesOf(fresh.list()));
        expect(namesOf(cache.list('ns'))).toEqual(namesOf(fresh.list('ns')));
        for (const node of ['n1', 'n2'])
          expect(namesOf(cache.find('node', node))).toEqual(namesOf(fresh.find('node', node)));
      }),
    );
  });
});
