import { ObjectCache, type ObjectChange } from '@everynode/list-watch';
import { keyOf, type ObjectRecord } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexFrom, KeyOrder, mergeKeys } from './key-order.js';
import { type Snapshot, snapshotAt, snapshotNow } from './snapshot.js';
import { SnapshotCache } from './snapshot-cache.js';

const NAMESPACES = ['a', 'a-b', 'a.c'];
const step = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom('x', 'y', 'z-1'),
  deletes: fc.boolean(),
});

function recordOf(namespace: string, name: string, revision: number): ObjectRecord {
  const parts = { metadata: `{"name":"${name}"}`, desired: '{}', observed: null };
  return { resource: 'pods', namespace, name, uid: 'u', revision, placement: null, ...parts };
}

/** Applies steps and records the cache's contents after each, as `key@revision`. */
function play(steps: { namespace: string; name: string; deletes: boolean }[]) {
  const cache = new ObjectCache('pods', { apiVersion: 'v1', kind: 'Thing', forgetsParsed: true });
  const order = new KeyOrder();
  const changes: ObjectChange[] = [];
  const snapshots: string[][] = [[]];
  for (const [i, { namespace, name, deletes }] of steps.entries()) {
    const record = recordOf(namespace, name, i + 1);
    const change = deletes ? cache.remove(record) : cache.put(record);
    if (change?.type === 'ADDED') order.add(keyOf(change.current.record));
    if (change?.type === 'DELETED') order.remove(keyOf(change.current.record));
    if (change) changes.push(change);
    snapshots.push(
      [...cache.list()].map(({ record }) => `${record.namespace}/${record.name}@${record.revision}`).sort(),
    );
  }
  return { cache, order, changes, snapshots };
}

const contents = ({ keys, object }: Snapshot): string[] =>
  keys.flatMap((key) => {
    const found = object(key);
    return found ? [`${keyOf(found.record)}@${found.record.revision}`] : [];
  });

describe('a snapshot', () => {
  it('shows what was there at its revision, however far back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { cache, order, changes, snapshots } = play(steps);
        for (const [revision, expected] of snapshots.entries()) {
          const later = changes.filter((change) => change.revision > revision);
          const snapshot = snapshotAt(cache, order.sorted, revision, later);
          expect(contents(snapshot).sort()).toEqual(expected);
          expect(snapshot.keys).toEqual([...snapshot.keys].sort());
          expect(new Set(snapshot.keys).size).toBe(snapshot.keys.length);
        }
        expect(contents(snapshotNow(cache, order.sorted, steps.length)).sort()).toEqual(snapshots.at(-1));
      }),
    );
  });

  it('that is kept does not change, whatever changes after it', () => {
    const rounds = fc.array(fc.record({ step, keeps: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(rounds, fc.nat(10), (steps, back) => {
        const cache = new ObjectCache('pods', { apiVersion: 'v1', kind: 'Thing', forgetsParsed: true });
        const order = new KeyOrder();
        const changes: ObjectChange[] = [];
        const kept = new SnapshotCache(() => 0);
        const expected = new Map<number, string[]>();
        const snapshots: string[][] = [[]];
        for (const [i, { step, keeps }] of steps.entries()) {
          const record = recordOf(step.namespace, step.name, i + 1);
          const change = step.deletes ? cache.remove(record) : cache.put(record);
          if (change?.type === 'ADDED') order.add(keyOf(change.current.record));
          if (change?.type === 'DELETED') order.remove(keyOf(change.current.record));
          if (change) {
            changes.push(change);
            kept.recordChange(change);
          }
          snapshots.push(contents(snapshotNow(cache, order.sorted, i + 1)));
          if (!keeps) continue;
          // Some are kept while they are current, some when later changes exist already.
          const revision = Math.max(0, i + 1 - back);
          const later = changes.filter((change) => change.revision > revision);
          kept.keep(
            back === 0 ? snapshotNow(cache, order.sorted, revision) : snapshotAt(cache, order.sorted, revision, later),
          );
          expected.set(revision, snapshots[revision] ?? []);
        }
        for (const [revision, objects] of [...expected].slice(-8)) {
          const snapshot = kept.get(revision);
          expect(snapshot && contents(snapshot)).toEqual(objects);
          expect(snapshot?.keys.length).toBe(objects.length);
        }
        expect(kept.size).toBe(Math.min(8, expected.size));
      }),
    );
  });

  it('is kept for five minutes after its last use', () => {
    let now = 0;
    const kept = new SnapshotCache(() => now);
    const { cache, order } = play([{ namespace: 'a', name: 'x', deletes: false }]);
    const change = () => {
      const changed = cache.put(recordOf('a', 'x', ++now));
      if (changed) kept.recordChange(changed);
    };
    kept.keep(snapshotNow(cache, order.sorted, 1));
    now += 299_000;
    change();
    expect(kept.get(1)?.object('a/x')?.record.revision).toBe(1);
    now += 299_000;
    change();
    expect(kept.get(1)).toBeDefined();
    now += 301_000;
    change();
    expect(kept.get(1)).toBeUndefined();
  });

  it('keeps its keys while others come and go', () => {
    const order = new KeyOrder();
    for (const key of ['b', 'a']) order.add(key);
    const before = order.sorted;
    order.remove('a');
    order.add('c');
    expect([before, order.sorted]).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });
});

describe('keys in order', () => {
  const keys = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 20 });

  it('are those that were added and not removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, keys), { maxLength: 6 }), (rounds) => {
        const order = new KeyOrder();
        const expected = new Set<string>();
        for (const [toggled, looked] of rounds) {
          for (const key of toggled) {
            if (expected.has(key)) order.remove(key);
            else order.add(key);
            if (!expected.delete(key)) expected.add(key);
          }
          if (looked.length > 2) expect(order.sorted).toEqual([...expected].sort());
        }
        expect(order.sorted).toEqual([...expected].sort());
      }),
    );
  });

  it('are merged, and found by their place', () => {
    fc.assert(
      fc.property(keys, fc.string({ maxLength: 4 }), (all, place) => {
        const left = all.filter((_key, i) => i % 2 === 0).sort();
        const right = all.filter((_key, i) => i % 2 === 1).sort();
        const merged = mergeKeys(left, right);
        expect(merged).toEqual([...all].sort());
        expect(merged.slice(indexFrom(merged, place))).toEqual(merged.filter((key) => key >= place));
      }),
    );
  });
});
