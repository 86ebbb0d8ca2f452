import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unprivilegedUser } from './unprivileged-user.js';

describe('unprivilegedUser', () => {
  let root: string;
  const userOf = async (...lines: string[]) => {
    const file = join(root, 'passwd');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    return unprivilegedUser(file);
  };
  const ROOT = 'root:x:0:0:root:/root:/bin/sh';
  const NODE = 'node:x:1000:1001::/home/node:/bin/sh';
  const DAEMON = 'daemon:x:1:1::/usr/sbin:/usr/sbin/nologin';
  const BIN = 'bin:x:2:2::/bin:/usr/sbin/nologin';
  const NOBODY = 'nobody:x:65534:65534::/:/sbin/nologin';
  const POSTGRES = 'postgres:x:70:71::/var/lib/postgresql:/bin/sh';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-users-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  it('is the first of the preferred accounts, else the first system account', async () => {
    expect(await userOf(ROOT, NODE, NOBODY, POSTGRES)).toEqual({ name: 'postgres', uid: 70, gid: 71 });
    expect(await userOf(ROOT, NODE, NOBODY)).toEqual({ name: 'nobody', uid: 65534, gid: 65534 });
    expect(await userOf(ROOT, NODE, DAEMON, BIN)).toEqual({ name: 'daemon', uid: 1, gid: 1 });
  });

  it('is never another name of root, nor a line that is none', async () => {
    expect(await userOf(ROOT, 'postgres:x:0:0::/:/bin/sh', '', '+', 'nobody', DAEMON)).toMatchObject({
      name: 'daemon',
    });
  });

  it('has advice in its error where there is none', async () => {
    await expect(userOf(ROOT)).rejects.toThrow('useradd --system postgres');
    // An ordinary account belongs to a person.
    await expect(userOf(ROOT, NODE)).rejects.toThrow('useradd --system postgres');
    await expect(unprivilegedUser(join(root, 'missing'))).rejects.toThrow('useradd --system postgres');
  });
});
