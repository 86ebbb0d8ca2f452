import { eventually, testLog } from '@everynode/test-kit';
import { describe, expect } from 'vitest';
import {
  creation,
  increment,
  isCommitAnswer,
  type ProxiedStore,
  withProxiedStore,
} from '../../fixtures/proxied-store.js';
import { type CommittedBatch, Store, StoreUnavailableError } from '../index.js';

/** Loses the answer to every n-th COMMIT. */
function loseCommits({ proxy }: ProxiedStore, n: number, afterwards: 'cut' | 'stall'): void {
  let commits = 0;
  const match = (chunk: Buffer): boolean => {
    if (!isCommitAnswer(chunk)) return false;
    commits += 1;
    return commits % n === 0;
  };
  proxy.set({ name: 'swallow', match, afterwards });
}

async function numberOf({ store }: ProxiedStore, name: string): Promise<number> {
  return Number((await store.get('configmaps', 'ns', name))?.observed);
}

// The tests wait for timeouts, each on a database of its own.
describe('a write whose COMMIT is not answered', { concurrent: true }, () => {
  withProxiedStore('is done once, and resolves with its own revision', async ({ proxied }) => {
    const { store, proxy } = proxied;
    await store.write(creation('counter'));
    const seen: CommittedBatch[] = [];
    const stop = store.onCommitted((batch) => seen.push(batch));
    loseCommits(proxied, 3, 'cut');
    const revisions: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      const results = await Promise.all([store.write(increment('counter')), store.write(creation(`object-${i}`))]);
      revisions.push(...results.map(({ revision }) => revision));
    }
    proxy.set({ name: 'pass' });
    stop();
    expect(proxy.swallowed).toBeGreaterThan(5);
    expect(await numberOf(proxied, 'counter')).toBe(30);
    expect(new Set(revisions).size).toBe(60);
    expect(Math.max(...revisions)).toBe(await store.currentRevision());
    // Listeners hear of each change once and in order.
    const heard = seen.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
    expect(heard).toEqual(revisions.sort((a, b) => a - b));
  });

  withProxiedStore('is looked up when the connection stays open and silent', async ({ proxied }) => {
    const { store, proxy } = proxied;
    loseCommits(proxied, 1, 'stall');
    const creating = store.write(creation('silent'));
    await eventually(() => expect(proxy.swallowed).toBeGreaterThan(0));
    await eventually(() => expect(store.trouble).toBe('writes fail: Postgres does not answer'));
    proxy.set({ name: 'pass' });
    expect(await creating).toMatchObject({ outcome: 'created' });
    await eventually(() => expect(store.trouble).toBeUndefined());
  });

  withProxiedStore('is decided again when it was not committed', async ({ proxied }) => {
    const { store, proxy } = proxied;
    await store.write(creation('again'));
    let decisions = 0;
    const { decide } = increment('again');
    const write = store.write({
      ...increment('again'),
      decide: (current) => {
        decisions += 1;
        // What follows does not reach Postgres, which ends the transaction after a while.
        if (decisions === 1) proxy.set({ name: 'stall' });
        return decide(current);
      },
    });
    await eventually(() => expect(store.trouble).toBeDefined());
    proxy.cut();
    proxy.set({ name: 'pass' });
    expect(await write).toMatchObject({ outcome: 'updated' });
    expect(decisions).toBe(2);
    expect(await numberOf(proxied, 'again')).toBe(1);
  });

  withProxiedStore(
    'rejects with an unknown outcome at its deadline, and as certainly not done when its client is gone',
    async ({ proxied }) => {
      const { store, proxy } = proxied;
      await Promise.all([store.write(creation('late')), store.write(creation('gone'))]);
      let stalled = false;
      const client = new AbortController();
      const stalling = (name: string) => {
        const { decide, ...request } = increment(name);
        return {
          ...request,
          decide: (current: Parameters<typeof decide>[0]) => {
            if (!stalled) proxy.set({ name: 'stall' });
            stalled = true;
            return decide(current);
          },
        };
      };
      const late = store.write({ ...stalling('late'), deadline: performance.now() + 1500 });
      const gone = store.write({ ...stalling('gone'), signal: client.signal });
      await expect(late).rejects.toMatchObject({ outcomeUnknown: true });
      client.abort();
      proxy.cut();
      proxy.set({ name: 'pass' });
      await expect(gone).rejects.toMatchObject({ outcomeUnknown: false, cause: 'its client has given up' });
      expect([await numberOf(proxied, 'late'), await numberOf(proxied, 'gone')]).toEqual([0, 0]);
    },
  );

  withProxiedStore('rejects with an unknown outcome when the store closes before it is known', async ({ proxied }) => {
    const { url, proxy } = proxied;
    const closing = new Store({ databaseUrl: url, log: testLog() });
    await closing.currentRevision();
    proxy.set({ name: 'swallow', match: isCommitAnswer, afterwards: 'stall' });
    const before = proxy.swallowed;
    const write = closing.write(creation('closing')).catch((error: unknown) => error);
    await eventually(() => expect(proxy.swallowed).toBe(before + 1));
    proxy.set({ name: 'stall' });
    const begun = performance.now();
    await closing.close();
    expect(performance.now() - begun).toBeLessThan(5000);
    const error = await write;
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ outcomeUnknown: true });
    proxy.cut();
    proxy.set({ name: 'pass' });
    await eventually(async () => expect(await proxied.store.get('configmaps', 'ns', 'closing')).toBeDefined());
    await expect(proxied.store.write(creation('closing'))).rejects.toThrow('there already');
  });
});
