import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from './postgres.js';
import { postgresAccess } from './postgres-access.js';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.js';
import type { RunningPostgres } from './postgres-process.js';
import { reachableBinaries } from './reachable-binaries.js';
import { canReach, unprivilegedUser } from './unprivileged-user.js';

const isRoot = process.getuid?.() === 0;

async function count(url: string, statement = ''): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
    return (await client.query<{ count: number }>('select count(*)::int as count from t')).rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

/** As a clone in root's home: programs and data below a folder of mode 0700. */
describe('Postgres in a folder that only its owner may enter', { timeout: 60_000 }, () => {
  let home: string;
  let closed: string;
  let binaries: PostgresBinaries;
  const running: RunningPostgres[] = [];
  const start = async () => {
    const postgres = await startPostgres({ dir: join(closed, 'state', 'postgres'), binaries });
    running.push(postgres);
    return postgres;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'everynode-home-'));
    closed = join(home, 'closed');
    await chmod(home, 0o711);
    const found = await findPostgres();
    if (found.npmPackage === undefined) throw new Error('the npm package with Postgres has no build for this machine');
    const root = join(closed, 'native');
    await cp(found.npmPackage.root, root, { recursive: true, verbatimSymlinks: true });
    await chmod(closed, 0o700);
    binaries = { ...found, bin: join(root, 'bin'), npmPackage: { ...found.npmPackage, root } };
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
    await rm(join(closed, 'state'), { recursive: true, force: true });
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
  });

  it('runs, and has its data again after a stop and after kill -9', async () => {
    // For root there has to be something to overcome; any other user owns the folder.
    if (isRoot) expect(await canReach(await unprivilegedUser(), [closed])).toBe(false);
    const first = await start();
    expect(await count(first.url, 'create table t (n int); insert into t values (1)')).toBe(1);
    await first.stop();
    const second = await start();
    expect(await count(second.url, 'insert into t values (2)')).toBe(2);
    process.kill(second.pid, 'SIGKILL');
    await second.exited;
    const third = await start();
    expect(await count(third.url, 'checkpoint')).toBe(2);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
  });

  it('takes over from a server that a killed run left behind', async () => {
    const orphan = await start();
    const next = await start();
    expect(await orphan.exited).toBe(0);
    expect(await count(next.url, 'create table t (n int)')).toBe(0);
  });

  if (process.platform === 'linux') {
    it('runs without any capability', async () => {
      const { pid } = await start();
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^CapEff:\s+0+$/m);
    });
  }

  if (isRoot) {
    it('copies the programs once, to a folder where only root may write', async () => {
      const user = await unprivilegedUser();
      const cache = join(home, 'one-copy');
      const [copied, same] = await Promise.all([1, 2].map(() => reachableBinaries(binaries, user, cache)));
      expect(same).toEqual(copied);
      const program = join(copied?.bin ?? '', 'postgres');
      expect(await canReach(user, [program])).toBe(true);
      const { uid, mode, ino } = await lstat(program);
      expect([uid, mode & 0o777]).toEqual([0, 0o755]);
      expect(await readdir(cache)).toHaveLength(1);
      await reachableBinaries(binaries, user, cache);
      expect((await lstat(program)).ino).toBe(ino);
    });

    it('refuses a copy where another user could have put its own programs', async () => {
      const user = await unprivilegedUser();
      const cache = join(home, 'unsafe');
      const { bin } = await reachableBinaries(binaries, user, cache);
      const refused = () =>
        expect(reachableBinaries(binaries, user, cache)).rejects.toThrow('users other than root may write');
      await chown(bin, user.uid, user.gid);
      await refused();
      await chown(bin, 0, 0);
      await chmod(cache, 0o777);
      await refused();
    });

    it('runs the programs where the folder of their copy is reached by a link', async () => {
      const user = await unprivilegedUser();
      await mkdir(join(home, 'disk'));
      await symlink('disk', join(home, 'link'));
      const { bin } = await reachableBinaries(binaries, user, join(home, 'link', 'cache'));
      expect(bin.startsWith(join(await realpath(home), 'disk', 'cache'))).toBe(true);
      expect(await canReach(user, [join(bin, 'postgres')])).toBe(true);
    });

    it('removes what a killed run left of a copy, and no copy that is under way', async () => {
      const cache = join(home, 'drafts');
      const draftOf = (name: string) => join(cache, `${binaries.npmPackage?.id}.draft-${name}`);
      for (const name of ['old', 'new']) await mkdir(draftOf(name), { recursive: true });
      await utimes(draftOf('old'), 0, 0);
      const { bin } = await reachableBinaries(binaries, await unprivilegedUser(), cache);
      const copy = join(bin, '..');
      expect((await readdir(cache)).map((name) => join(cache, name)).sort()).toEqual([copy, draftOf('new')].sort());
    });

    it('has advice in its error where no copy can be made or run', async () => {
      const user = await unprivilegedUser();
      const file = join(home, 'file');
      await writeFile(file, '');
      await expect(reachableBinaries(binaries, user, join(file, 'cache'))).rejects.toThrow('set DATABASE_URL');
      // A folder above it that the user may not enter.
      await expect(reachableBinaries(binaries, user, join(closed, 'cache'))).rejects.toThrow('set DATABASE_URL');
    });

    it('leaves an installation of the system where it is, and the error has advice', async () => {
      const user = await unprivilegedUser();
      await expect(reachableBinaries({ ...binaries, npmPackage: undefined }, user)).rejects.toThrow('set DATABASE_URL');
    });
  } else {
    it('runs the programs where they are, as this user', async () => {
      const access = await postgresAccess(join(closed, 'postgres'), binaries);
      expect(access).toEqual({ user: undefined, binaries, dir: join(closed, 'postgres'), directory: undefined });
    });
  }
});
