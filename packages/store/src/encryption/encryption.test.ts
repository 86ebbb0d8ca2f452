import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MetadataText, trustedMetadata } from '@everynode/objects';
import { createDatabase, type TestDatabase, testLog } from '@everynode/test-kit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store, type WriteRequest } from '../index.js';
import { EncryptionError } from './envelope.js';
import { newKey, readKeys, writeKeys } from './key-file.js';

const log = testLog();
const SEEDED = 'c2VlZGVkLXNlY3JldA==';

let folder: string;
let file: string;
let database: TestDatabase;
const open = (encryptionKeys: string | undefined): Store =>
  new Store({ databaseUrl: database.url, log, encryptionKeys });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-keys-'));
  file = join(folder, 'keys.json');
  writeKeys(file, [newKey(0)]);
  database = await createDatabase();
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const key = (name: string) => ({ resource: 'secrets', namespace: 'ns', name }) as const;
const metadataOf = (name: string): MetadataText =>
  trustedMetadata(`{"name":"${name}","annotations":{"last-applied":"${SEEDED}"}}`);

const creation = (name: string): WriteRequest<'head'> => ({
  key: key(name),
  reads: 'head',
  decide: () => {
    const parts = { metadata: metadataOf(name), desired: `{"data":{"password":"${SEEDED}"}}`, observed: null };
    return { kind: 'create', uid: randomUUID(), parts, placement: null };
  },
});

/** All that Postgres holds of Secrets, as text. */
async function stored(): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(
      'select o::text as text from objects o union all select j::text from journal j',
    );
    return rows.map(({ text }) => text);
  } finally {
    await client.end();
  }
}

describe('Secrets', () => {
  it('are in Postgres only encrypted, and read back by every way of reading', async () => {
    const store = open(file);
    await store.write(creation('a'));
    const seen: string[] = [];
    await store.write({
      key: key('a'),
      reads: 'all',
      decide: (current) => {
        seen.push(current?.desired ?? '', current?.metadata ?? '');
        return { kind: 'update', parts: { desired: `{"data":{"password":"${SEEDED}","more":"${SEEDED}"}}` } };
      },
    });
    expect(seen.every((text) => text.includes(SEEDED))).toBe(true);
    const snapshot: string[] = [];
    await store.readSnapshot(['secrets'], (page) => snapshot.push(...page.map(({ desired }) => desired)));
    const [known] = await store.readIfChanged([{ ...key('a'), known: 0 }]);
    const journal = await store.journalAfter(0, 10);
    const got = await store.get('secrets', 'ns', 'a');
    expect(snapshot[0]).toContain('"more"');
    expect(known).toMatchObject({ desired: snapshot[0], metadata: metadataOf('a') });
    expect(got).toMatchObject({ desired: snapshot[0], metadata: metadataOf('a') });
    expect(journal.map(({ desired }) => desired.includes(SEEDED))).toEqual([true, true]);
    await store.write({
      key: key('a'),
      reads: 'head',
      decide: () => ({ kind: 'delete', parts: { metadata: metadataOf('a') } }),
    });
    expect((await store.journalAfter(2, 10))[0]).toMatchObject({ type: 'DELETED', metadata: metadataOf('a') });
    const rows = await stored();
    expect(rows).toHaveLength(3);
    expect(rows.filter((text) => text.includes(SEEDED))).toEqual([]);
    await store.close();
  });

  it('leave the process only encrypted, and come back from the bus as they were', async () => {
    const store = open(file);
    await store.write(creation('bus'));
    const entry = (await store.journalAfter(3, 1))[0];
    if (!entry) throw new Error('the change is not in the journal');
    const sealed = store.sealEntry(entry);
    expect(JSON.stringify(sealed)).not.toContain(SEEDED);
    expect(store.openChange(sealed)).toEqual(entry);
    // At the place of another Secret it is not taken.
    expect(() => store.openChange({ ...sealed, name: 'other' })).toThrow('cannot be decrypted');
    await store.close();
  });

  it('that are in clear text are read, and encrypted by a rotation, in the journal too', async () => {
    const before = open(undefined);
    await before.write(creation('old'));
    await before.close();
    expect((await stored()).filter((text) => text.includes(SEEDED))).toHaveLength(2);
    const store = open(file);
    expect((await store.get('secrets', 'ns', 'old'))?.desired).toContain(SEEDED);
    const revision = await store.currentRevision();
    const [first] = readKeys(file);
    if (!first) throw new Error('there is no key');
    const next = newKey(1);
    writeKeys(file, [next, first]);
    expect(await store.reencrypt()).toBeGreaterThan(2);
    writeKeys(file, [next]);
    expect(await store.reencrypt()).toBe(0);
    expect((await stored()).filter((text) => text.includes(SEEDED) || text.includes(first.id))).toEqual([]);
    expect(await store.currentRevision()).toBe(revision);
    expect((await store.get('secrets', 'ns', 'old'))?.desired).toContain(SEEDED);
    expect(await store.journalAfter(0, 10)).toHaveLength(revision);
    await store.close();
  });

  it('under a key that is missing or wrong fail alone, and trouble says why until it is back', async () => {
    const keys = readKeys(file);
    const store = open(file);
    const [right] = keys;
    for (const wrong of [[newKey(2)], right ? [{ ...newKey(3), id: right.id }] : []]) {
      writeKeys(file, wrong);
      await expect(store.get('secrets', 'ns', 'old')).rejects.toThrow(/cannot be decrypted|has not/);
      expect(store.trouble).toMatch(/cannot be decrypted|has not/);
      const [failed, done] = await Promise.allSettled([
        store.write({ key: key('old'), reads: 'all', decide: () => ({ kind: 'delete' }) }),
        store.write({
          ...creation('plain'),
          key: { resource: 'configmaps', namespace: 'ns', name: `c${wrong[0]?.created}` },
        }),
      ]);
      expect([failed.status, done.status]).toEqual(['rejected', 'fulfilled']);
    }
    writeKeys(file, keys);
    expect((await store.get('secrets', 'ns', 'old'))?.desired).toContain(SEEDED);
    expect(store.trouble).toBeUndefined();
    await store.close();
  });
});

describe('a service at its start', () => {
  const { signal } = new AbortController();
  const start = async (keys: string | undefined): Promise<string> => {
    const store = open(keys);
    try {
      await store.refuseWrongKeys(signal);
      return 'starts';
    } catch (error) {
      return error instanceof EncryptionError ? error.message : String(error);
    } finally {
      await store.close();
    }
  };

  it('is refused without the keys of what is stored, and told which one is needed', async () => {
    expect(await start(file)).toBe('starts');
    const [right] = readKeys(file);
    const other = join(folder, 'other.json');
    writeKeys(other, [newKey(4)]);
    expect(await start(other)).toBe(`Secrets are encrypted with the key ${right?.id}, which ${other} has not`);
    writeKeys(other, right ? [{ ...newKey(5), id: right.id }] : []);
    expect(await start(other)).toContain(`the key ${right?.id} is another one`);
    expect(await start(undefined)).toContain('which no key file has');
    expect(await start(join(folder, 'none.json'))).toContain('the encryption keys cannot be read');
  });

  it('is not refused for one Secret that was changed by hand', async () => {
    await database.execute(
      `update objects set desired = (select desired from objects where name = 'bus') where name = 'old'`,
    );
    expect(await start(file)).toBe('starts');
  });
});

it('a key file that others may read is refused, and its error quotes nothing of it', async () => {
  const path = join(folder, 'open.json');
  writeKeys(path, [newKey(0)]);
  const text = readKeys(path)[0]?.key.toString('base64') ?? '';
  await chmod(path, 0o644);
  const store = open(path);
  const failed = store.write(creation('refused'));
  await expect(failed).rejects.toThrow('its mode must be 0600');
  await expect(failed).rejects.not.toThrow(text);
  await store.close();
});
