import { encryptionKeysIn, ensureEncryptionKeys } from '@everynode/local-stack';
import { knownAddresses } from '@everynode/local-stack/control';
import { createLogger } from '@everynode/service-shell';
import { newKey, readKeys, Store, writeKeys } from '@everynode/store';
import { checkoutState } from './checkout.js';
import { alignedLines } from './columns.js';

export interface KeysFlags {
  file?: string;
}

const fileOf = ({ file }: KeysFlags): string => file ?? encryptionKeysIn(checkoutState().pki);

/** Makes the key file, unless there is one, and prints its path. */
export async function createKeys(flags: KeysFlags): Promise<void> {
  process.stdout.write(`${await ensureEncryptionKeys(fileOf(flags))}\n`);
}

/** Prints a table of the keys by which Secrets are encrypted, without the keys themselves. */
export function listKeys(flags: KeysFlags): void {
  const rows = readKeys(fileOf(flags)).map(({ id, created }, at) => [id, created, at === 0 ? 'encrypts' : 'decrypts']);
  process.stdout.write(`${alignedLines([['KEY', 'CREATED', 'USE'], ...rows]).join('\n')}\n`);
}

/**
 * Puts a new key first, encrypts all Secrets with it, and drops the others. When it ends in the middle all keys stay,
 * and the next run goes on.
 * @throws Error when the database cannot be found, or a Secret cannot be decrypted.
 */
export async function rotateKeys(flags: KeysFlags): Promise<void> {
  const file = fileOf(flags);
  await withStore(file, async (store) => {
    const key = newKey(Date.now());
    writeKeys(file, [key, ...readKeys(file)]);
    const written = await store.reencrypt();
    writeKeys(file, [key]);
    process.stdout.write(`${written} rows are encrypted with the key ${key.id}; the keys before it are dropped\n`);
  });
}

/**
 * Encrypts all Secrets with the first key of the file, and leaves the file as it is: other hosts have copies of it.
 * @throws Error when the database cannot be found, or a Secret cannot be decrypted.
 */
export async function applyKeys(flags: KeysFlags): Promise<void> {
  const file = fileOf(flags);
  await withStore(file, async (store) => {
    const [key] = readKeys(file);
    process.stdout.write(`${await store.reencrypt()} rows are encrypted with the key ${key?.id}\n`);
  });
}

async function withStore(file: string, work: (store: Store) => Promise<void>): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL || (await knownAddresses(checkoutState())).databaseUrl;
  if (!databaseUrl) throw new Error('there is no database here: start the cluster, or set DATABASE_URL');
  const log = createLogger({ service: 'keys', replica: 'rotate', level: 'warn' });
  const store = new Store({ databaseUrl, log, encryptionKeys: file });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
