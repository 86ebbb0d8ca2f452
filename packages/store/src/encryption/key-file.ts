import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

const KEY_BYTES = 32;

/** A key that Secrets are encrypted with. */
export interface EncryptionKey {
  /** Stands beside what is encrypted with it. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
  /** RFC 3339. */
  created: string;
}

interface StoredKey {
  id: string;
  key: string;
  created: string;
}

/** A new key. `now` is in ms since the epoch. */
export function newKey(now: number): EncryptionKey {
  const created = new Date(now).toISOString();
  return { id: randomBytes(6).toString('hex'), key: randomBytes(KEY_BYTES), created };
}

/**
 * The keys of a file, at least one: the first one encrypts, all decrypt.
 * @throws Error that says what is wrong with the file, and nothing of its keys.
 */
export function readKeys(path: string): EncryptionKey[] {
  if ((statSync(path).mode & 0o077) !== 0) throw new Error(`${path}: other users may read it; its mode must be 0600`);
  const text = readFileSync(path, 'utf8');
  let stored: StoredKey[];
  try {
    stored = (JSON.parse(text) as { keys: StoredKey[] }).keys;
    if (!Array.isArray(stored)) throw new Error();
  } catch {
    // What the parser says quotes the text.
    throw new Error(`${path}: not a file of encryption keys`);
  }
  const keys = stored.map(({ id, key, created }) => ({ id, key: Buffer.from(String(key), 'base64'), created }));
  const isWhole = ({ id, key }: EncryptionKey): boolean => /^[\da-zA-Z-]{1,63}$/.test(id) && key.length === KEY_BYTES;
  if (keys.length === 0 || !keys.every(isWhole))
    throw new Error(`${path}: each key needs an id and 32 bytes as base64`);
  return keys;
}

/** Writes the file for its owner alone. A reader sees the old keys or the new ones. */
export function writeKeys(path: string, keys: readonly EncryptionKey[]): void {
  const stored = keys.map(({ id, key, created }): StoredKey => ({ id, key: key.toString('base64'), created }));
  const draft = `${path}.draft`;
  writeFileSync(draft, `${JSON.stringify({ keys: stored }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
