import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { IdentityFiles } from './identity-files.js';
import { keepRenewed } from './keep-renewed.js';

it('tells of a directory that cannot be read, and goes on', async () => {
  const path = await mkdtemp(join(tmpdir(), 'everynode-renewals-'));
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => {
    failures.push(error);
    if (failures.length === 2) stopping.abort();
  };
  const renew = () => Promise.reject(new Error('nothing is due'));
  await keepRenewed(new IdentityFiles(path), { renew, onFailure }, stopping.signal);
  expect(failures).toEqual([expect.any(Error), expect.any(Error)]);
  await rm(path, { recursive: true });
});
