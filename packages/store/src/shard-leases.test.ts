import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase, holdCounter, testLog } from '@everynode/test-kit';
import { expect, it } from 'vitest';
import { Store } from './store.js';

const TTL_SECONDS = 3;
const HELD_MS = 5000;

it('are renewed while the counter row is held for longer than they live, though a process has died', async () => {
  const database = await createDatabase();
  const store = new Store({ databaseUrl: database.url, log: testLog() });
  await store.migrate();
  const lease = (process: string, ttlSeconds = TTL_SECONDS) => store.leaseShards({ process }, ttlSeconds);
  for (const process of ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b']) await lease(process);
  const before = [await lease('a'), await lease('b')];
  expect(before.map(({ length }) => length)).toEqual([11, 11]);
  // The third one is silent. Its shards cannot go to others while the row is held.
  const release = await holdCounter(database.url);
  await database.execute("update schedulers set expires_at = now() - interval '1 s' where replica = 'c'");
  const begun = performance.now();
  while (performance.now() - begun < HELD_MS) {
    const held = await Promise.all([lease('a'), lease('b')]);
    expect(held.map((shards) => shards.map(({ shard, epoch }) => ({ shard, epoch })))).toEqual(
      before.map((shards) => shards.map(({ shard, epoch }) => ({ shard, epoch }))),
    );
    await delay(TTL_SECONDS * 250);
  }
  await release();
  // Then they do, and no other shard has changed hands.
  const after = [await lease('a'), await lease('b')];
  expect(after.map(({ length }) => length)).toEqual([16, 16]);
  for (const [i, shards] of before.entries()) {
    for (const { shard, epoch } of shards) expect(after[i]).toContainEqual(expect.objectContaining({ shard, epoch }));
  }
  await store.close();
  await database.drop();
});
