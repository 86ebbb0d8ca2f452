import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningNats, startNats } from '../servers/nats.js';
import { natsProbe } from '../servers/nats-probe.js';
import { startPostgres } from '../servers/postgres.js';
import type { RunningPostgres } from '../servers/postgres-process.js';
import { childrenOf } from './descendants.js';
import { keepRunning } from './kept-server.js';
import { sendSignal } from './process-command.js';
import { waitUntil } from './wait-until.js';

describe('keepRunning', { timeout: 60_000 }, () => {
  let root: string;
  let messages: string[];
  const kept: { stop(): Promise<void> }[] = [];
  const log = (message: string) => messages.push(message);
  const portOf = (previous: { port: number } | undefined) => (previous ? { port: previous.port } : {});

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-kept-'));
    messages = [];
  });
  afterEach(async () => {
    await Promise.all(kept.splice(0).map((server) => server.stop()));
    await rm(root, { recursive: true, force: true });
  });

  const postgres = async () => {
    const dir = join(root, 'postgres');
    const server = await keepRunning<RunningPostgres>(
      'PostgreSQL',
      (previous) => startPostgres({ dir, ...portOf(previous) }),
      log,
    );
    kept.push(server);
    return server;
  };
  const nats = async () => {
    const dir = join(root, 'nats');
    const server = await keepRunning<RunningNats>('NATS', (previous) => startNats({ dir, ...portOf(previous) }), log);
    kept.push(server);
    return server;
  };
  const rowsOf = async (url: string, sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client.query(sql).finally(() => client.end());
  };

  it('starts a Postgres again of which all processes hang, and a NATS server that hangs', async () => {
    const [database, bus] = await Promise.all([postgres(), nats()]);
    await rowsOf(database.current.url, 'create table kept as select 42 as answer');
    const stopped = [database.current.pid, ...(await childrenOf(database.current.pid)), bus.current.pid];
    for (const pid of stopped) sendSignal(pid, 'SIGSTOP');
    await waitUntil(() => database.health.state === 'silent' && bus.health.state === 'silent', {
      what: 'the silence to be noticed',
      deadlineMs: 15_000,
    });
    await waitUntil(() => database.health.restarts === 1 && bus.health.restarts === 1, {
      what: 'both to be started again',
      deadlineMs: 30_000,
    });
    expect((await rowsOf(database.current.url, 'select answer from kept')).rows).toEqual([{ answer: 42 }]);
    expect(await bus.current.probe()).toBe('answered');
    expect(database.health).toMatchObject({
      state: 'running',
      lastExit: { how: 'did not answer for 10 s and was killed' },
    });
    expect(messages).toContain('PostgreSQL did not answer for 10 s and was killed, starting it again');
  });

  it('starts a Postgres again within seconds, however often it is killed', async () => {
    const database = await postgres();
    for (let round = 1; round <= 3; round += 1) {
      const { pid } = database.current;
      const killedAt = performance.now();
      sendSignal(pid, 'SIGKILL');
      await waitUntil(() => database.health.restarts === round, { what: `restart ${round}`, deadlineMs: 20_000 });
      // Recovery takes a moment; back-off must not add to it.
      expect(performance.now() - killedAt).toBeLessThan(10_000);
    }
    expect((await rowsOf(database.current.url, 'select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('asks on one session, and on a new one when that has been ended', async () => {
    const database = await postgres();
    const sessions = async () => {
      const sql = "select pid from pg_stat_activity where application_name = 'everynode supervisor'";
      return (await rowsOf(database.current.url, sql)).rows.map(({ pid }) => pid);
    };
    expect(await database.current.probe()).toBe('answered');
    const before = await sessions();
    expect(before).toHaveLength(1);
    expect(await database.current.probe()).toBe('answered');
    expect(await sessions()).toEqual(before);
    await rowsOf(database.current.url, `select pg_terminate_backend(${before[0]}, 5000)`);
    expect(await database.current.probe()).toBe('answered');
    expect(await sessions()).not.toEqual(before);
  });

  it('takes a refused credential for an answer', async () => {
    const [bus, other] = await Promise.all([nats(), startNats({ dir: join(root, 'other') })]);
    const stranger = { ...other.services, caFile: bus.current.services.caFile };
    expect(await natsProbe(bus.current.url, stranger)()).toBe('answered');
    await other.stop();
  });
});
