import { randomUUID } from 'node:crypto';
import { trustedMetadata } from '@everynode/objects';
import { createDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { creation } from '../../fixtures/proxied-store.js';
import { DataRefusedError, Store, type WriteRequest } from '../index.js';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createDatabase();
  store = new Store({ databaseUrl: database.url, log: testLog() });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

const key = (name: string) => ({ resource: 'configmaps' as const, namespace: 'ns', name });

/** Creates an object that Postgres may refuse, and that this process may let pass. */
const odd = (name: string, facts: { observed?: string; placement?: string }): WriteRequest<'head'> => ({
  key: key(name),
  reads: 'head',
  decide: () => ({
    kind: 'create',
    uid: randomUUID(),
    parts: { metadata: trustedMetadata('{}'), desired: '{}', observed: facts.observed ?? null },
    placement: facts.placement ?? null,
  }),
});

/** What only Postgres finds out. The text does not compress, so no index takes it. */
const poison = {
  'a status that is no JSON (22P02)': (name: string) => odd(name, { observed: '{' }),
  'a placement that is too long for an index (54000)': (name: string) =>
    odd(name, { placement: Array.from({ length: 300 }, () => randomUUID()).join('') }),
  'a uid that is taken (23505)': (name: string): WriteRequest<'head'> => ({
    ...odd(name, {}),
    decide: () => ({
      kind: 'create',
      uid: 'taken',
      parts: { metadata: trustedMetadata('{}'), desired: '{}', observed: null },
      placement: null,
    }),
  }),
};

/** What this package knows that Postgres cannot hold. */
const known: Record<string, (name: string) => WriteRequest<'head'>> = {
  'U+0000 in a name': (name) => odd(`${name}\0`, {}),
  'U+0000 in a namespace': (name) => ({ ...odd(name, {}), key: { ...key(name), namespace: '\0' } }),
  'U+0000 in a placement': (name) => odd(name, { placement: 'a\0b' }),
  'a name of two lines': (name) => odd(`${name}\nb`, {}),
  'a number of a report that no column holds': (name) => ({
    ...odd(name, {}),
    key: key('stored-before'),
    decide: () => ({ kind: 'keep', sequence: 1e21 }),
  }),
};

describe('a write that Postgres cannot hold', () => {
  it.each(Object.entries({ ...poison, ...known }))('%s: is refused alone', async (what, request) => {
    const name = what.replaceAll(/\W/g, '-').toLowerCase();
    await Promise.allSettled([
      store.write(creation('stored-before')),
      store.write(poison['a uid that is taken (23505)']('t')),
    ]);
    const before = await store.currentRevision();
    const writes = Array.from({ length: 100 }, (_, i) =>
      store.write(i === 42 ? request(name) : creation(`${name}-${i}`)),
    );
    const outcomes = await Promise.allSettled(writes);
    const [culprit] = outcomes.splice(42, 1);
    expect(culprit).toMatchObject({ status: 'rejected', reason: expect.any(DataRefusedError) });
    const revisions = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.revision : outcome.reason,
    );
    expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from(revisions, (_, i) => before + 1 + i));
    expect(store.trouble).toBeUndefined();
  });

  it('does not change the order of writes to one object', async () => {
    const writes = [creation('twice'), poison['a status that is no JSON (22P02)']('between')].map((one) =>
      store.write(one),
    );
    const remove = store.write({
      key: key('twice'),
      reads: 'head',
      decide: (current) => ({ kind: current ? 'delete' : 'keep' }),
    });
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await remove).outcome).toBe('deleted');
  });

  it('is refused when it is all that there is, and when everything is', async () => {
    const bad = poison['a status that is no JSON (22P02)'];
    await expect(store.write(bad('alone'))).rejects.toThrow(/the store cannot hold this: .*json/);
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => store.write(bad(`all-${i}`))));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect((await store.write(creation('afterwards'))).outcome).toBe('created');
  });
});

describe('a write that changes nothing, of an object whose namespace no column can hold', () => {
  it.each(['keep', 'delete'] as const)('%s: finds nothing, and keeps no other write waiting', async (kind) => {
    const decide = (current: unknown) => ({ kind: current ? kind : 'keep' }) as const;
    const writes = [
      store.write({ key: { ...key('there'), namespace: 'n\0s' }, reads: 'head', decide }),
      store.write(creation(`beside-${kind}`)),
    ];
    expect((await Promise.all(writes)).map(({ outcome }) => outcome)).toEqual(['kept', 'created']);
  });
});

describe('a read of a name that no column can hold', () => {
  it('finds nothing, and keeps no other read from its answer', async () => {
    await store.write(creation('there'));
    const found = await store.readIfChanged([
      { ...key('a\0b'), known: 0 },
      { ...key('there'), known: 0 },
    ]);
    expect(found).toEqual([undefined, expect.objectContaining({ name: 'there' })]);
    expect(await store.readIfChanged([{ ...key('a\0b'), known: 0 }])).toEqual([undefined]);
    expect(await store.get('configmaps', 'n\0s', 'a')).toBeUndefined();
  });
});
