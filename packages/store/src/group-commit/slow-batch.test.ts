import { afterAll, beforeAll, expect, it } from 'vitest';
import { creation, type ProxiedStore, startProxiedStore } from '../../fixtures/proxied-store.js';

let proxied: ProxiedStore;

beforeAll(async () => {
  proxied = await startProxiedStore();
});

afterAll(() => proxied.stop());

it('a batch that is too slow for the timeouts is committed in smaller ones', async () => {
  const { store, execute } = proxied;
  // 500 writes take 5 s.
  await execute(`
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return null; end $$;
    create trigger slow after insert on journal for each row execute function slow()`);
  const writes = Array.from({ length: 500 }, (_, i) => store.write(creation(`object-${i}`)));
  const revisions = (await Promise.all(writes)).map(({ revision }) => revision);
  expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from(revisions, (_, i) => i + 1));
  expect(store.trouble).toBeUndefined();
}, 30_000);
