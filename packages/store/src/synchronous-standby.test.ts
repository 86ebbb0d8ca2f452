import { eventually, startTestPostgres, testLog } from '@everynode/test-kit';
import pg from 'pg';
import { expect, it } from 'vitest';
import { creation } from '../fixtures/proxied-store.js';
import { Store } from './store.js';

it('acknowledges nothing that a synchronous standby does not have', async () => {
  const postgres = await startTestPostgres();
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const waiting = () => admin.query("select pid from pg_stat_activity where wait_event = 'SyncRep'");
  const configure = async (standbys: string) => {
    await admin.query(`alter system set synchronous_standby_names = '${standbys}'`);
    await admin.query('select pg_reload_conf()');
    await eventually(async () => {
      const session = new pg.Client({ connectionString: postgres.url });
      await session.connect();
      const { rows } = await session.query('show synchronous_standby_names');
      await session.end();
      expect(rows).toEqual([{ synchronous_standby_names: standbys }]);
    });
    // The checkpointer tells the other processes of a change, and it reads its settings before it works.
    await admin.query('checkpoint');
  };
  const store = new Store({ databaseUrl: postgres.url, log: testLog() });
  await store.migrate();
  await store.write(creation('before'));
  await configure('standby');
  let isAcknowledged = false;
  const write = store.write(creation('during')).finally(() => {
    isAcknowledged = true;
  });
  await eventually(async () => expect((await waiting()).rowCount).toBe(1));
  await eventually(
    () => expect(store.trouble).toMatch(/holds the counter row: it waits for a synchronous standby$/),
    15_000,
  );
  expect(isAcknowledged).toBe(false);
  expect((await waiting()).rowCount).toBe(1);
  await configure('');
  expect(await write).toMatchObject({ outcome: 'created' });
  expect(store.commitsInDoubt).toBe(1);
  await eventually(() => expect(store.trouble).toBeUndefined());
  await store.close();
  await admin.end();
  await postgres.stop();
}, 30_000);
