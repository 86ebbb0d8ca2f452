import type { Delivery, Follower } from '@everynode/bus';
import { encodeChange, type JournalEntry, rangeId } from '@everynode/contract';
import { eventually, testLog } from '@everynode/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reflector } from './reflector.js';

const log = testLog();
const NAMES = ['a', 'b', 'c'];

/** A journal in which each step writes, changes or removes one of three pods. */
function journalOf(steps: readonly { name: number; removes: boolean }[]): JournalEntry[] {
  const revisions = new Map<string, number>();
  return steps.map(({ name: index, removes }, i): JournalEntry => {
    const name = NAMES[index] ?? 'a';
    const revision = i + 1;
    const previous = revisions.get(name) ?? 0;
    const type = previous === 0 ? 'ADDED' : removes ? 'DELETED' : 'MODIFIED';
    if (type === 'DELETED') revisions.delete(name);
    else revisions.set(name, revision);
    const changed = { metadata: previous === 0, desired: previous === 0, observed: type !== 'DELETED' };
    const parts = { metadata: `{"name":"${name}"}`, desired: '{"spec":{}}', observed: `{"n":${revision}}` };
    const key = { resource: 'pods' as const, namespace: 'ns', name, uid: name };
    return { ...key, type, revision, previous, changed, ...parts, placement: null, deleting: false };
  });
}

/** A reflector of pods that follows `journal`, and a bus whose messages the test decides. */
async function follow(journal: readonly JournalEntry[]) {
  const stopping = new AbortController();
  let follower: Follower | undefined;
  let fills = 0;
  const reflector = new Reflector({
    bus: {
      trouble: undefined,
      follow: (_stream, _filter, given) => {
        follower = given;
        return Promise.resolve();
      },
    },
    store: {
      openChange: (change) => change,
      readSnapshot: () => Promise.resolve(0),
      currentRevision: () => Promise.resolve(journal.length),
      journalAfter: (revision) => {
        fills += 1;
        return Promise.resolve(journal.slice(revision));
      },
    },
    resources: [{ resource: 'pods', kind: { apiVersion: 'v1', kind: 'Pod' } }],
    log,
    signal: stopping.signal,
  });
  const seen: number[] = [];
  reflector.addListener({ onChanges: (changes) => seen.push(...changes.map(({ revision }) => revision)) });
  await reflector.start();
  return {
    reflector,
    seen,
    fills: () => fills,
    deliver: async (entries: readonly JournalEntry[]): Promise<void> => {
      const [first, last] = [entries[0]?.revision, entries.at(-1)?.revision];
      if (first === undefined || last === undefined) return;
      const event = { type: '', source: '', id: rangeId({ first, last }) };
      const bytes = Buffer.from(entries.map(encodeChange).join(''));
      await follower?.onMessage({ subject: '', event, bytes, body: '' } satisfies Delivery);
    },
    deliverBytes: (bytes: Buffer): void => {
      void follower?.onMessage({ subject: '', event: undefined, bytes, body: '' } satisfies Delivery);
    },
    stop: () => stopping.abort(),
  };
}

it('ends equal to the journal, whatever the bus brings, in any order and any number of times', async () => {
  const steps = fc.array(fc.record({ name: fc.nat(2), removes: fc.boolean() }), { minLength: 1, maxLength: 24 });
  const messages = fc.array(fc.record({ from: fc.nat(23), count: fc.integer({ min: 1, max: 5 }), own: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(steps, messages, async (written, sent) => {
      const journal = journalOf(written);
      const { reflector, seen, fills, deliver, stop } = await follow(journal);
      const whole = { from: 0, count: journal.length, own: false };
      for (const { from, count, own } of [...sent, whole]) {
        const entries = journal.slice(from, from + count);
        if (own) reflector.applyLocally(entries);
        await deliver(entries);
      }
      await reflector.waitFor(journal.length);
      // Everything came in the end, so nothing had to be read.
      expect(fills()).toBe(0);
      expect(seen).toEqual(journal.map(({ revision }) => revision));
      const left = new Map<string, number>();
      for (const { name, revision, type } of journal) {
        if (type === 'DELETED') left.delete(name);
        else left.set(name, revision);
      }
      const cached = [...reflector.cache('pods').list()].map(({ record }) => [record.name, record.revision]);
      expect(new Map(cached as [string, number][])).toEqual(left);
      stop();
    }),
  );
});

it('reads a hole that nothing fills from the journal', async () => {
  const journal = journalOf([
    { name: 0, removes: false },
    { name: 1, removes: false },
    { name: 0, removes: true },
  ]);
  const { reflector, deliver, stop } = await follow(journal);
  await deliver(journal.slice(2));
  expect(reflector.revision).toBe(0);
  await reflector.waitFor(3);
  expect([...reflector.cache('pods').list()].map(({ record }) => record.name)).toEqual(['b']);
  stop();
});

describe('a message that cannot be decoded', () => {
  const heads = [
    '',
    'null',
    '7',
    '{}',
    '{"type":"ADDED","resource":"pods","namespace":"ns","name":"a","revision":"1"}',
  ];
  it.each([
    ...heads.map((head) => `${head}\n\n\n\n`),
    '{"stream":"EVERYNODE_REPORTS","seq":7}',
    '\u0000\uffff',
    '{"type":"AD',
  ])('%j leaves the caches as good as they are, and what was missed is read from the journal', async (text) => {
    const journal = journalOf([{ name: 0, removes: false }]);
    const { reflector, deliverBytes, fills, stop } = await follow(journal);
    for (let i = 0; i < 100; i += 1) deliverBytes(Buffer.from(text));
    await eventually(() => expect(reflector.dropped).toBe(100));
    expect(reflector.trouble).toBeUndefined();
    await reflector.waitFor(1);
    // One look for all of them.
    expect([reflector.trouble, fills()]).toEqual([undefined, 1]);
    stop();
  });
});
