import { eventually, testLog } from '@everynode/test-kit';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { creation, increment, withProxiedStore } from '../fixtures/proxied-store.js';
import { StoreUnavailableError } from './errors.js';
import { Store } from './store.js';

const TOLD_MS = 5000;

// The tests wait for timeouts, each on a database of its own.

describe('readiness of the store', { concurrent: true }, () => {
  withProxiedStore(
    'tells within 5 s that Postgres is silent, though nothing is asked, and recovers by itself',
    async ({ proxied }) => {
      const { store, proxy } = proxied;
      await store.write(creation('first'));
      expect(store.trouble).toBeUndefined();
      proxy.set({ name: 'stall' });
      await eventually(() => expect(store.trouble).toBe('writes fail: Postgres does not answer'), TOLD_MS + 1000);
      proxy.set({ name: 'pass' });
      await eventually(() => expect(store.trouble).toBeUndefined());
    },
  );

  withProxiedStore('recovers after writes and reads have failed and nothing follows', async ({ proxied }) => {
    const { store, proxy } = proxied;
    await store.write(creation('first'));
    proxy.set({ name: 'refuse' });
    proxy.cut();
    for (let i = 0; i < 4; i += 1) {
      await expect(store.write(increment('first'))).rejects.toMatchObject({ outcomeUnknown: false });
      await expect(store.currentRevision()).rejects.toBeInstanceOf(StoreUnavailableError);
    }
    expect(store.trouble).toMatch(/^reads and writes fail: /);
    const since = store.readOutage?.since;
    expect(since?.getTime()).toBeLessThanOrEqual(Date.now());
    proxy.set({ name: 'pass' });
    await eventually(() => expect([store.trouble, store.readOutage]).toEqual([undefined, undefined]));
  });

  withProxiedStore('tells that the disk is full until there is room again', async ({ proxied }) => {
    const { store, execute } = proxied;
    await execute(`
      create function full_disk() returns trigger language plpgsql as
        $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$;
      create trigger full_disk before insert on writers for each row execute function full_disk()`);
    const error = await store.write(creation('first')).catch((rejection: unknown) => rejection);
    expect(error).toMatchObject({ retryable: true, outcomeUnknown: false });
    expect(store.trouble).toBe('writes fail: the disk of Postgres is full');
    expect(await store.currentRevision()).toBe(0);
    await execute('drop trigger full_disk on writers');
    await eventually(() => expect(store.trouble).toBeUndefined());
    await store.write(creation('first'));
  });
});

describe('a read that Postgres does not answer', { concurrent: true }, () => {
  withProxiedStore('rejects as retryable, and the next one gets another connection', async ({ proxied }) => {
    const { store, proxy } = proxied;
    await Promise.all([store.currentRevision(), store.get('configmaps', 'ns', 'a')]);
    proxy.set({ name: 'stall' });
    const begun = performance.now();
    const reads = [
      store.currentRevision(),
      store.get('configmaps', 'ns', 'a'),
      store.readIfChanged([{ resource: 'configmaps', namespace: 'ns', name: 'a', known: 0 }]),
      store.leaseShards({ process: 'replica/1' }, 4),
      store.journalAfter(0, 10),
    ];
    for (const result of await Promise.allSettled(reads)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    }
    expect(performance.now() - begun).toBeLessThan(9000);
    proxy.set({ name: 'pass' });
    expect(await store.currentRevision()).toBe(0);
  });
});

describe('the close of a store', { concurrent: true }, () => {
  withProxiedStore('ends in time while Postgres is silent', async ({ proxied }) => {
    const { url, proxy } = proxied;
    const closing = new Store({ databaseUrl: url, log: testLog() });
    await Promise.all([closing.currentRevision(), closing.write(creation('before'))]);
    proxy.set({ name: 'stall' });
    const work = [closing.readSnapshot({ except: [] }, () => undefined), closing.write(creation('during'))];
    const settled = Promise.allSettled(work);
    const begun = performance.now();
    await closing.close();
    expect(performance.now() - begun).toBeLessThan(4500);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('connections that are ended all the time', { concurrent: true }, () => {
  withProxiedStore('end no process, and all work goes on afterwards', async ({ proxied }) => {
    const { store, directUrl } = proxied;
    await store.write(creation('counter'));
    const stopping = new AbortController();
    let leads = 0;
    const relay = store.leadRelay(stopping.signal, async ({ signal }) => {
      leads += 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    });
    let done = 0;
    const workers = [
      () => store.currentRevision(),
      () => store.leaseShards({ process: 'replica/1' }, 4),
      () => store.readSnapshot({ except: [] }, () => undefined),
      async () => {
        await store.write(increment('counter'));
        done += 1;
      },
    ].map(async (work) => {
      while (!stopping.signal.aborted) {
        await work().catch((error: unknown) => expect(error).toBeInstanceOf(StoreUnavailableError));
      }
    });
    const admin = new pg.Client({ connectionString: directUrl });
    await admin.connect();
    for (let i = 0; i < 40; i += 1) {
      await admin.query(
        `select pg_terminate_backend(pid), pg_sleep(0.05) from pg_stat_activity
         where pid <> pg_backend_pid() and datname = current_database()`,
      );
    }
    await admin.end();
    const before = leads;
    await eventually(() => expect(leads).toBeGreaterThanOrEqual(before));
    stopping.abort();
    await Promise.all([...workers, relay]);
    await eventually(() => expect(store.trouble).toBeUndefined());
    expect((await store.get('configmaps', 'ns', 'counter'))?.observed).toBe(String(done));
  });
});

describe('the lead of the relay', { concurrent: true }, () => {
  withProxiedStore('is lost when Postgres does not answer, and goes to another process', async ({ proxied }) => {
    const { store, proxy, directUrl } = proxied;
    const other = new Store({ databaseUrl: directUrl, log: testLog() });
    const stopping = new AbortController();
    const leaders: string[] = [];
    const lead = (one: Store, name: string) =>
      one.leadRelay(stopping.signal, async ({ signal }) => {
        leaders.push(name);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        leaders.push(`${name} lost it`);
      });
    const first = lead(store, 'first');
    await eventually(() => expect(leaders).toEqual(['first']));
    const second = lead(other, 'second');
    proxy.set({ name: 'stall' });
    await eventually(() => expect(leaders.toSorted()).toEqual(['first', 'first lost it', 'second']));
    stopping.abort();
    await Promise.all([first, second]);
    await other.close();
  });
});
