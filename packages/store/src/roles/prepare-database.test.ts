import { randomUUID } from 'node:crypto';
import { trustedMetadata } from '@everynode/objects';
import { createDatabase, createEmptyDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionConfig } from '../connection.js';
import { Store } from '../store.js';
import { prepareDatabase } from './prepare-database.js';

const log = testLog();

async function ask<R extends pg.QueryResultRow>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

const creation = (name: string) => ({
  key: { resource: 'configmaps', namespace: 'ns', name } as const,
  reads: 'head' as const,
  decide: () => {
    const parts = { metadata: trustedMetadata(`{"name":"${name}"}`), desired: '{}', observed: null };
    return { kind: 'create' as const, uid: randomUUID(), parts, placement: null };
  },
});

describe('the role of the services', () => {
  let database: TestDatabase;
  let role: string;
  beforeAll(async () => {
    database = await createDatabase();
    role = new URL(database.url).username;
  });
  afterAll(() => database.drop());

  it.each([
    ['creates no table', 'create table mine (n int)'],
    ['creates no schema', 'create schema mine'],
    ['changes no table', 'alter table objects add column mine int'],
    ['drops no table', 'drop table journal'],
    ['empties no table', 'truncate objects'],
    ['hides no migration', 'delete from kysely_migration'],
    ['reads no password', 'select * from pg_authid'],
    ['runs no program', "copy objects to program 'cat'"],
    ['reads no file', "select pg_read_file('postgresql.conf')"],
    ['writes no file', "copy objects to '/tmp/objects'"],
    ['makes no role', 'create role mine'],
    ['makes no database', 'create database mine'],
    ['does not act as the owner', 'set role everynode_owner'],
    ['makes itself no superuser', 'alter role current_user superuser'],
    ['lets itself make no roles', 'alter role current_user createrole'],
    ['joins no other role', 'grant pg_read_all_data to current_user'],
    ['changes no setting of the server', "alter system set fsync = 'off'"],
    ['installs nothing', 'create extension file_fdw'],
  ])('%s', async (_what, statement) => {
    await expect(ask(database.url, statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('ends sessions of its own and no others', async () => {
    const own = new pg.Client({ connectionString: database.url });
    own.on('error', () => undefined);
    await own.connect();
    const { rows } = await own.query<{ pid: number }>('select pg_backend_pid() as pid');
    const end = `select pg_terminate_backend(${rows[0]?.pid}) as done`;
    expect(await ask(database.url, end)).toEqual([{ done: true }]);
    const other = new pg.Client({ connectionString: database.administratorUrl });
    await other.connect();
    const foreign = (await other.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
    await expect(ask(database.url, `select pg_terminate_backend(${foreign})`)).rejects.toMatchObject({ code: '42501' });
    await other.end();
  });

  it('cannot lift the timeouts of the sessions of services by its own defaults', async () => {
    for (const name of ['idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout']) {
      await ask(database.url, `alter role current_user set ${name} = 0`);
    }
    const session = new pg.Client(connectionConfig(database.url, { lock_timeout: 2000, statement_timeout: 3000 }));
    await session.connect();
    const timeouts = `select current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`;
    expect((await session.query(timeouts)).rows).toEqual([{ idle: '3s', statement: '3s', lock: '2s' }]);
    await session.end();
    await prepareDatabase({ administratorUrl: database.administratorUrl, serviceUrl: database.url, log });
    const settings = `select setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where rolname = '${role}'`;
    expect(await ask(database.administratorUrl, settings)).toEqual([]);
  });

  it('may not be one that can do more', async () => {
    await database.execute(`alter role ${role} createrole`);
    const again = { administratorUrl: database.administratorUrl, serviceUrl: database.url, log };
    await expect(prepareDatabase(again)).rejects.toThrow('may do more than the services need');
    await database.execute(`alter role ${role} nocreaterole`);
    await prepareDatabase(again);
  });
});

it('a database of a release whose services were the superuser keeps its objects, and its owner changes', async () => {
  const old = await createEmptyDatabase();
  const before = new Store({ databaseUrl: old.url, log });
  await before.migrate();
  await before.write(creation('kept'));
  await before.close();
  const url = new URL(old.url);
  const role = `service_of_${url.pathname.slice(1)}`;
  Object.assign(url, { username: role, password: 'service' });
  await prepareDatabase({ administratorUrl: old.url, serviceUrl: url.href, log });
  const store = new Store({ databaseUrl: url.href, log });
  await store.migrate();
  expect(await store.get('configmaps', 'ns', 'kept')).toMatchObject({ revision: 1 });
  expect(await store.write(creation('new'))).toMatchObject({ outcome: 'created', revision: 2 });
  expect(await ask(old.url, "select distinct tableowner from pg_tables where schemaname = 'public'")).toEqual([
    { tableowner: 'everynode_owner' },
  ]);
  await store.close();
  await old.execute(`drop owned by ${role}`);
  await old.execute(`drop role ${role}`);
  await old.drop();
});

it('says what to do when the schema is behind and the role may not change it', async () => {
  const database = await createDatabase();
  await database.execute('delete from kysely_migration where name = (select max(name) from kysely_migration)');
  await database.execute('drop table agents');
  const store = new Store({ databaseUrl: database.url, log });
  await expect(store.migrate()).rejects.toThrow('run "everynode database prepare"');
  await store.close();
  await database.drop();
});
