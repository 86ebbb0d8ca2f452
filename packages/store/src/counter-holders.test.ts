import { eventually, testLog } from '@everynode/test-kit';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { creation, increment, type ProxiedStore, withProxiedStore } from '../fixtures/proxied-store.js';
import { Store } from './store.js';

// The tests wait for timeouts of Postgres, each on a database of its own.
describe('a session that holds the counter row', { concurrent: true }, () => {
  /** Begins a transaction with the row locked, over a connection of its own. */
  async function hold(url: string): Promise<pg.Client> {
    const holder = new pg.Client({ connectionString: url });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from revision_counter for update');
    return holder;
  }

  const HOLDERS: [string, (proxied: ProxiedStore) => Promise<() => void>][] = [
    [
      'is silent',
      async (proxied) => {
        const holder = await hold(proxied.directUrl);
        return () => void holder.end();
      },
    ],
    [
      'waits to send to a process that is stopped',
      async (proxied) => {
        const holder = await hold(proxied.url);
        proxied.proxy.set({ name: 'stall' });
        void holder.query("select repeat('x', 1000000) from generate_series(1, 200)").catch(() => undefined);
        return () => void holder.end();
      },
    ],
    [
      'has lost its cable',
      async (proxied) => {
        const holder = await hold(proxied.url);
        proxied.proxy.set({ name: 'stall' });
        return () => void holder.end();
      },
    ],
  ];

  withProxiedStore.for(HOLDERS)('and %s is ended: no write waits for more than 5 s', async ([, begin], { proxied }) => {
    const writer = new Store({ databaseUrl: proxied.directUrl, log: testLog() });
    await writer.currentRevision();
    const end = await begin(proxied);
    const begun = performance.now();
    const writing = writer.write(creation('behind'));
    await eventually(() => expect(writer.trouble).toBe('writes fail: another writer holds the counter row'));
    await writing;
    expect(performance.now() - begun).toBeLessThan(5000);
    await eventually(() => expect(writer.trouble).toBeUndefined());
    end();
    await writer.close();
  });

  withProxiedStore('is left alone while it works, and is named as the trouble', async ({ proxied }) => {
    const { store, directUrl } = proxied;
    await store.currentRevision();
    const holder = await hold(directUrl);
    const working = holder.query('select pg_sleep(5)');
    const write = store.write(creation('behind'));
    await eventually(() => expect(store.trouble).toBe('writes fail: another writer holds the counter row'));
    await working;
    await holder.query('commit');
    expect(await write).toMatchObject({ outcome: 'created' });
    await eventually(() => expect(store.trouble).toBeUndefined());
    await holder.end();
  });

  withProxiedStore('makes a write wait no longer than its client does', async ({ proxied }) => {
    const { store } = proxied;
    const client = new AbortController();
    await store.currentRevision();
    const holder = await hold(proxied.directUrl);
    const late = store.write({ ...creation('late'), deadline: performance.now() + 500 });
    const gone = store.write({ ...creation('gone'), signal: client.signal });
    const patient = store.write({ ...creation('patient'), deadline: performance.now() + 60_000 });
    client.abort();
    await expect(late).rejects.toMatchObject({ outcomeUnknown: false, cause: 'its time is over' });
    await expect(gone).rejects.toMatchObject({ outcomeUnknown: false, cause: 'its client has given up' });
    expect(await patient).toMatchObject({ outcome: 'created' });
    const objects = await Promise.all(['late', 'gone'].map((name) => store.get('configmaps', 'ns', name)));
    expect(objects).toEqual([undefined, undefined]);
    await holder.end();
  });
});

describe('several writers in turns', { concurrent: true }, () => {
  withProxiedStore('wait for each other, lose nothing and stay ready', async ({ proxied }) => {
    // Each batch takes 0.6 s, so a writer waits for the others for nearly as long as it may wait for one of them.
    await proxied.execute(`
      create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.6); return null; end $$;
      create trigger slow after insert on journal for each statement execute function slow()`);
    const stores = Array.from({ length: 4 }, () => new Store({ databaseUrl: proxied.directUrl, log: testLog() }));
    await proxied.store.write(creation('counter'));
    const troubles: (string | undefined)[] = [];
    const looking = setInterval(() => troubles.push(...stores.map(({ trouble }) => trouble)), 20);
    const writers = stores.map(async (store) => {
      for (let i = 0; i < 4; i += 1) await store.write(increment('counter'));
    });
    await Promise.all(writers);
    clearInterval(looking);
    expect((await proxied.store.get('configmaps', 'ns', 'counter'))?.observed).toBe('16');
    expect(troubles.filter((trouble) => trouble !== undefined)).toEqual([]);
    expect(stores.map(({ commitsInDoubt }) => commitsInDoubt)).toEqual([0, 0, 0, 0]);
    await Promise.all(stores.map((store) => store.close()));
  });
});
