import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIfPresent } from '@everynode/service-shell/private-files';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { startPostgres } from './postgres.js';
import { postgresAccess } from './postgres-access.js';
import { findPostgres } from './postgres-binaries.js';
import type { RunningPostgres } from './postgres-process.js';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', { timeout: 60_000 }, () => {
  let root: string;
  const running: RunningPostgres[] = [];
  const start = async () => {
    const postgres = await startPostgres({ dir: join(root, 'postgres') });
    running.push(postgres);
    return postgres;
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-postgres-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
    await rm(root, { recursive: true, force: true });
  });

  it('serves durable commits on a loopback port, behind a password', async () => {
    const postgres = await start();
    const [row] = await query(
      postgres.url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
              current_setting('listen_addresses') as host`,
    );
    expect(row).toEqual({ fsync: 'on', commit: 'on', host: '127.0.0.1' });
    const bySocket = new URL(postgres.url);
    const byPort = new URL(postgres.url);
    byPort.search = '';
    for (const [url, host] of [
      [bySocket, null],
      [byPort, '127.0.0.1/32'],
    ] as const) {
      expect(await query(url.href, 'select inet_server_addr()::text as host')).toEqual([{ host }]);
      url.password = 'wrong';
      await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    }
    expect((await stat(join(root, 'postgres'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
  });

  it('serves only by loopback where the path of a socket would be too long', async () => {
    root = join(root, 'd'.repeat(90));
    const postgres = await start();
    expect(await query(postgres.url, 'select inet_server_addr()::text as host')).toEqual([{ host: '127.0.0.1/32' }]);
  });

  it('has its data again after a stop and after kill -9', async () => {
    const first = await start();
    await query(first.url, 'create table t (n int)');
    await query(first.url, 'insert into t values (1)');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const second = await start();
    await query(second.url, 'insert into t values (2)');
    await second.stop();

    const third = await start();
    expect(await query(third.url, 'select n from t order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('takes over from a server that a killed run left behind', async () => {
    const orphan = await start();
    const next = await start();
    expect(await orphan.exited).toBe(0);
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes over from a server that an earlier version of this program left, without a mark on its command line', async () => {
    // Without marks, the server has to reach its data by the path.
    await chmod(root, 0o711);
    const marked = await start();
    await marked.stop();
    const data = join(root, 'postgres', 'data');
    const { binaries, user } = await postgresAccess(join(root, 'postgres'), await findPostgres());
    const orphan = spawn(
      join(binaries.bin, 'postgres'),
      ['-D', data, '-c', `port=${marked.port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      { cwd: '/', stdio: 'ignore', ...(user && { uid: user.uid, gid: user.gid }) },
    );
    const ended = once(orphan, 'exit');
    const pidFile = join(data, 'postmaster.pid');
    await waitUntil(async () => (await readIfPresent(pidFile))?.includes('ready'), {
      what: 'ready',
      deadlineMs: 30_000,
    });
    const next = await start();
    expect(await ended).toEqual([0, null]);
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('starts although its old pid now belongs to another program', async () => {
    const first = await start();
    const pidFile = join(root, 'postgres', 'data', 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    await writeFile(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'));
    const second = await start();
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('leaves no process behind when it stops', async () => {
    const postgres = await start();
    expect(await commandOf(postgres.pid)).toContain(root);
    await postgres.stop();
    await waitUntil(async () => (await commandOf(postgres.pid)) === undefined, { what: 'the end', deadlineMs: 1000 });
  });
});
