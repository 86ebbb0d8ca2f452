import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { newKey, writeKeys } from '@everynode/store';

/** The file of the keys that encrypt Secrets. */
export const encryptionKeysIn = (pki: string): string => join(pki, 'encryption-keys.json');

/** Returns the file of the keys, with a new key at the first call. */
export async function ensureEncryptionKeys(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) writeKeys(path, [newKey(Date.now())]);
  return path;
}
