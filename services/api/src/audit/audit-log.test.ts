import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testLog } from '@everynode/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditedRequest, AuditLog } from './audit-log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-audit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const request = (id: string): AuditedRequest => ({
  id,
  stage: 'ResponseComplete',
  verb: 'get',
  uri: '/version',
  user: undefined,
  impersonated: undefined,
  access: undefined,
  address: '127.0.0.1',
  userAgent: undefined,
  path: undefined,
  code: 200,
  receivedAt: 0,
});

const idsIn = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { auditID: string }).auditID);

describe('the audit log', () => {
  it('puts a long file aside, keeps so many, and loses no event of those', async () => {
    const path = join(folder, 'audit.log');
    const audit = new AuditLog(path, testLog(), { maxBytes: 700, backups: 2 });
    for (let number = 0; number < 20; number += 1) {
      audit.record(request(String(number)));
      await audit.close();
    }
    const names = (await readdir(folder)).sort();
    expect(names.slice(-2)).toEqual(['audit.log.1', 'audit.log.2']);
    expect(names.length).toBeLessThanOrEqual(3);
    const ids = (await Promise.all(names.reverse().map((name) => idsIn(join(folder, name))))).flat().map(Number);
    // In order from the oldest file to the newest, up to the last event.
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => 20 - ids.length + i));
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });
});
