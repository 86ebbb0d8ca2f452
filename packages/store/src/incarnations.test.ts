import { createDatabase, createEmptyDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrationProvider } from './migrations/index.js';
import { Store } from './store.js';

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

describe('incarnations', () => {
  it('are seconds since 1970 at least, and grow with every process, also when several ask at once', async () => {
    const startedAt = Math.floor(Date.now() / 1000) - 1;
    const taken = await Promise.all(
      ['a', 'b', 'a', 'c', 'a'].map((agent, i) => store.takeIncarnation(agent, `process-${i}`)),
    );
    expect(new Set(taken).size).toBe(5);
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(startedAt);
    const next = await store.takeIncarnation('b', 'process-9');
    expect(next).toBeGreaterThan(Math.max(...taken));
    expect(await store.latestIncarnation('b')).toBe(next);
    expect(await store.latestIncarnation('unknown')).toBe(0);
  });

  it('are the same for a process that asks again, since its first answer may have been lost', async () => {
    const first = await store.takeIncarnation('again', 'process-1');
    expect(await store.takeIncarnation('again', 'process-1')).toBe(first);
    expect(await store.takeIncarnation('again', 'process-2')).toBeGreaterThan(first);
  });

  it.each([
    ['two hours ahead', Math.floor(Date.now() / 1000) + 7200, Math.floor(Date.now() / 1000) + 7201],
    ['at the end of 31 bits', 2 ** 31 - 1, 2 ** 31 - 2 ** 20 + 1],
  ])('follow the clocks of agents that ordered reports before: %s', async (_, ahead, expected) => {
    const old = await createEmptyDatabase();
    const client = new pg.Client({ connectionString: old.url });
    const before = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: old.url }) }),
    });
    await new Migrator({ db: before, provider: migrationProvider }).migrateTo('0003-rows-in-one-piece');
    await before.destroy();
    await client.connect();
    await client.query(
      `insert into objects (resource, namespace, name, uid, revision, metadata, desired, sequence)
       values ('pods', 'ns', 'p', 'u', 1, '{}', '{}', $1)`,
      [ahead * 2 ** 22 + 17],
    );
    await client.end();
    const upgraded = new Store({ databaseUrl: old.url, log: testLog() });
    await upgraded.migrate();
    expect(await upgraded.takeIncarnation('a', 'process')).toBe(expected);
    await upgraded.close();
    await old.drop();
  });
});
