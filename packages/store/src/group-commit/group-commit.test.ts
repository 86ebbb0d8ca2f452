import { randomUUID } from 'node:crypto';
import { trustedMetadata } from '@everynode/objects';
import {
  createDatabase,
  createEmptyDatabase,
  eventually,
  holdCounter,
  type TestDatabase,
  testLog,
} from '@everynode/test-kit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CompactedError,
  FencedError,
  type HeldShard,
  type ObjectKey,
  SHARD_COUNT,
  Store,
  type WriteRequest,
} from '../index.js';

const log = testLog();
const parts = (text: string) => ({
  metadata: trustedMetadata(`{"name":"${text}"}`),
  desired: `{"spec":"${text}"}`,
  observed: null,
});

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createDatabase();
  store = new Store({ databaseUrl: database.url, log });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

const key = (name: string): ObjectKey => ({ resource: 'configmaps', namespace: 'ns', name });

function create(name: string): WriteRequest<'head'> {
  return {
    key: key(name),
    reads: 'head',
    decide: (current) => {
      if (current) throw new Error('there already');
      return { kind: 'create', uid: randomUUID(), parts: parts(name), placement: null };
    },
  };
}

describe('the write path', () => {
  it('leaves decisions to the next batch when they take long: a transaction holds up all writers', async () => {
    const sizes: number[] = [];
    const off = store.onCommitted(({ count }) => sizes.push(count));
    const slow = (name: string): WriteRequest<'head'> => ({
      ...create(name),
      decide: (current) => {
        for (const until = performance.now() + 60; performance.now() < until; );
        return create(name).decide(current);
      },
    });
    const made = await Promise.all(Array.from({ length: 6 }, (_, i) => store.write(slow(`slow-${i}`))));
    off();
    expect(made.map(({ outcome }) => outcome)).toEqual(Array(6).fill('created'));
    expect(Math.max(...sizes)).toBeLessThan(3);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(6);
  });

  it('decides the writes of a batch in turn by flow', async () => {
    const order: string[] = [];
    const write = (flow: string, name: string): WriteRequest<'head'> => ({
      ...create(`turn-${name}`),
      flow,
      decide: (current) => {
        order.push(name);
        return create(`turn-${name}`).decide(current);
      },
    });
    const all = [...[1, 2, 3].map((at) => write('greedy', `greedy-${at}`)), write('modest', 'modest')];
    await Promise.all(all.map((one) => store.write(one)));
    expect(order).toEqual(['greedy-1', 'modest', 'greedy-2', 'greedy-3']);
  });

  it('gives revisions without gaps, in commit order, and journals each change whole', async () => {
    const before = await store.currentRevision();
    const results = await Promise.all(Array.from({ length: 1200 }, (_, i) => store.write(create(`many-${i}`))));
    const revisions = results.map((result) => result.revision).sort((a, b) => a - b);
    expect(revisions).toEqual(Array.from({ length: 1200 }, (_, i) => before + 1 + i));
    const entries = await store.journalAfter(before, 2000);
    expect(entries.map((entry) => entry.revision)).toEqual(revisions);
    expect(entries[0]).toMatchObject({ type: 'ADDED', previous: 0, desired: expect.stringContaining('many-') });
  });

  it('notes the number of a report beside changes and alone, without a revision', async () => {
    const { revision } = await store.write(create('noted'));
    const note = (sequence: number): WriteRequest<'head'> => ({
      key: key('noted'),
      reads: 'head',
      decide: () => ({ kind: 'keep', sequence }),
    });
    const seen: (number | undefined)[] = [];
    const look: WriteRequest<'head'> = {
      ...note(0),
      decide: (current) => {
        seen.push(current?.sequence);
        return { kind: 'keep' };
      },
    };
    expect(await store.write(note(7))).toMatchObject({ outcome: 'kept', revision });
    await store.write(look);
    await Promise.all([store.write(note(8)), store.write(create('beside-a-note'))]);
    await store.write(look);
    expect(seen).toEqual([7, 8]);
    const after = await store.journalAfter(revision, 10);
    expect(after.map(({ name }) => name)).toEqual(['beside-a-note']);
    expect(await store.currentRevision()).toBe(revision + 1);
  });

  it('rejects one write of a batch without touching the others or the order', async () => {
    const before = await store.currentRevision();
    await store.write(create('single'));
    const outcomes = await Promise.allSettled([
      store.write(create('a')),
      store.write(create('single')),
      store.write(create('b')),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await store.currentRevision()).toBe(before + 3);
  });

  it('finds nothing under a name of two lines, and stores none', async () => {
    await store.write(create('one-line'));
    const looked = (name: string) =>
      store.write({ key: key(name), reads: 'all', decide: (current) => ({ kind: current ? 'delete' : 'keep' }) });
    const [odd, even] = await Promise.all([looked('two\nlines'), looked('one-line')]);
    expect([odd.outcome, even.outcome]).toEqual(['kept', 'deleted']);
    const outcomes = await Promise.allSettled([store.write(create('two\nlines')), store.write(create('one-line'))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled']);
  });

  it('runs writes of one object one after the other, each on the result of the one before', async () => {
    await store.write(create('counter'));
    const add = (): WriteRequest<'observed'> => ({
      key: key('counter'),
      reads: 'observed',
      decide: (current) => ({
        kind: 'update',
        parts: { observed: String(Number(current?.observed ?? 0) + 1) },
      }),
    });
    await Promise.all(Array.from({ length: 50 }, () => store.write(add())));
    expect((await store.get('configmaps', 'ns', 'counter'))?.observed).toBe('50');
  });

  it('keeps what an update does not name, and marks in the journal what it wrote', async () => {
    await store.write(create('partial'));
    const { revision } = await store.write({
      key: key('partial'),
      reads: 'head',
      decide: () => ({ kind: 'update', parts: { observed: '{"ready":1}' } }),
    });
    const [entry] = await store.journalAfter(revision - 1, 1);
    expect(entry).toMatchObject({
      type: 'MODIFIED',
      changed: { metadata: false, desired: false, observed: true },
      ...parts('partial'),
      observed: '{"ready":1}',
    });
  });

  it('shows the last words of a deleted object', async () => {
    await store.write(create('gone'));
    const { revision } = await store.write({
      key: key('gone'),
      reads: 'head',
      decide: () => ({ kind: 'delete', parts: { metadata: trustedMetadata('{"last":true}') } }),
    });
    expect(await store.get('configmaps', 'ns', 'gone')).toBeUndefined();
    const [entry] = await store.journalAfter(revision - 1, 1);
    expect(entry).toMatchObject({ type: 'DELETED', metadata: '{"last":true}', desired: '{"spec":"gone"}' });
  });

  it('keeps two writers in one order', async () => {
    const other = new Store({ databaseUrl: database.url, log });
    const before = await store.currentRevision();
    const results = await Promise.all(
      Array.from({ length: 400 }, (_, i) => (i % 2 ? store : other).write(create(`two-${i}`))),
    );
    await other.close();
    expect(new Set(results.map((result) => result.revision)).size).toBe(400);
    expect(await store.currentRevision()).toBe(before + 400);
  });

  it('refuses a writer whose shard went to another', async () => {
    const [held] = await store.leaseShards({ process: 'first' }, 60);
    if (!held) throw new Error('no shard was given');
    await store.write({ ...create('fenced'), fence: held });
    await store.releaseShards('first');
    await expect(store.write({ ...create('fenced-out'), fence: held })).rejects.toBeInstanceOf(FencedError);
    expect(await store.get('configmaps', 'ns', 'fenced-out')).toBeUndefined();
  });

  it('takes writes again after its connection was cut', async () => {
    const cut = new Store({ databaseUrl: database.url, log });
    await cut.write(create('before-cut'));
    const { default: pg } = await import('pg');
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'everynode' and datname = current_database()",
    );
    await admin.end();
    const result = await cut.write(create('after-cut')).catch(() => cut.write(create('after-cut')));
    expect(result.outcome).toBe('created');
    await cut.close();
  });

  it('refuses a write whose parameters cannot be built, and commits what was in a batch with it', async () => {
    const before = await store.currentRevision();
    const unbuildable: WriteRequest<'head'> = {
      key: key('unbuildable'),
      reads: 'head',
      decide: () => ({
        kind: 'create',
        uid: randomUUID(),
        placement: null,
        parts: {
          ...parts('unbuildable'),
          get desired(): string {
            throw new RangeError('Invalid string length');
          },
        },
      }),
    };
    const outcomes = await Promise.allSettled([store.write(create('beside-it')), store.write(unbuildable)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected']);
    expect(await store.currentRevision()).toBe(before + 1);
    expect(await store.get('configmaps', 'ns', 'unbuildable')).toBeUndefined();
    await store.write(create('after-it'));
    expect(await store.currentRevision()).toBe(before + 2);
  });

  it('rejects a read of the journal from before its beginning', async () => {
    for (let i = 0; i < 20; i += 1) await store.write(create(`compact-${i}`));
    const floor = await store.compact({ maxAgeSeconds: 3600, maxRows: 5, minRows: 1 });
    expect(floor).toBe((await store.currentRevision()) - 5);
    await expect(store.journalAfter(floor - 1, 10)).rejects.toBeInstanceOf(CompactedError);
    expect(await store.journalAfter(floor, 10)).toHaveLength(5);
  });
});

describe('migrations', () => {
  it('are applied once when two replicas start together', async () => {
    const fresh = await createEmptyDatabase();
    const replicas = [1, 2].map(() => new Store({ databaseUrl: fresh.url, log }));
    await Promise.all(replicas.map((replica) => replica.migrate()));
    expect(await Promise.all(replicas.map((replica) => replica.currentRevision()))).toEqual([0, 0]);
    await Promise.all(replicas.map((replica) => replica.close()));
    await fresh.drop();
  });
});

describe('shards', () => {
  it('are shared evenly, and move when a replica leaves or dies', async () => {
    const sizes = async (...replicas: string[]) => {
      const held = [];
      for (const replica of replicas) held.push((await store.leaseShards({ process: replica }, 60)).length);
      return held;
    };
    expect(await sizes('a')).toEqual([32]);
    await sizes('b', 'a', 'b');
    expect(await sizes('a', 'b')).toEqual([16, 16]);
    await store.releaseShards('a');
    expect(await sizes('b')).toEqual([32]);
    // A time to live that is over before the next call is a replica that died.
    await store.leaseShards({ process: 'dead' }, 0.001);
    await sizes('b');
    expect(await sizes('b')).toEqual([32]);
    await store.releaseShards('b');
  });

  it('go to a new process of the same replica at once, and the earlier one gets its share if it lives', async () => {
    const lease = (process: string, replaces?: string) =>
      store.leaseShards({ process, ...(replaces !== undefined && { replaces }) }, 60);
    const before = await lease('a/1', 'a');
    const after = await lease('a/2', 'a');
    expect(after.map(({ shard }) => shard)).toEqual(before.map(({ shard }) => shard));
    for (const [i, { epoch }] of after.entries()) expect(epoch).toBeGreaterThan(before[i]?.epoch ?? epoch);
    const [stale] = before;
    if (!stale) throw new Error('no shard was granted');
    await expect(store.write({ ...create('replaced'), fence: stale })).rejects.toBeInstanceOf(FencedError);
    expect(await lease('a/1')).toHaveLength(0);
    expect(await lease('a/2')).toHaveLength(16);
    expect(await lease('a/1')).toHaveLength(16);
    await store.releaseShards('a/1');
    await store.releaseShards('a/2');
  });

  it('are renewed while a process that joins waits for the counter row', async () => {
    await store.leaseShards({ process: 'renews/1' }, 5);
    const release = await holdCounter(database.url);
    const joining = store.leaseShards({ process: 'joins/1' }, 5).catch((error: unknown) => error);
    const asker = new pg.Client({ connectionString: database.url });
    await asker.connect();
    await eventually(async () => {
      const { rowCount } = await asker.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      expect(rowCount).toBe(1);
    });
    const first = await Promise.race([store.leaseShards({ process: 'renews/1' }, 5), joining]);
    expect(first).toHaveLength(SHARD_COUNT);
    await release();
    await joining;
    await asker.end();
    await Promise.all([store.releaseShards('renews/1'), store.releaseShards('joins/1')]);
  });

  it('come with a revision that no write of a former holder is after', async () => {
    const take = async (process: string): Promise<HeldShard> => {
      const [held] = await store.leaseShards({ process }, 60);
      if (!held) throw new Error('no shard was granted');
      return held;
    };
    let holder = 'turn-0';
    let fence = await take(holder);
    for (let turn = 1; turn <= 10; turn += 1) {
      const held = fence;
      const writes = Array.from({ length: 20 }, (_, i) => store.write({ ...create(`turn-${turn}-${i}`), fence: held }));
      const settled = Promise.allSettled(writes);
      // Some of the writes are committed before the shard changes hands, and the others are refused.
      await Promise.race(writes);
      await store.releaseShards(holder);
      holder = `turn-${turn}`;
      fence = await take(holder);
      for (const result of await settled) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(FencedError);
        else expect(result.value.revision).toBeLessThanOrEqual(fence.revision);
      }
    }
    await store.releaseShards(holder);
  });
});
