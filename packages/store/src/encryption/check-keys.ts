import type { Kysely } from 'kysely';
import type { Database } from '../schema.js';
import { EncryptionError, type Envelope } from './envelope.js';
import { keyIdOf } from './sealed-text.js';

/** So many Secrets are tried: one that was changed by hand must not keep services from starting. */
const TRIED = 200;

/**
 * Looks whether the keys are those of the database. Secrets in clear text need none.
 * @throws EncryptionError when the key file cannot be read, or none of the Secrets that are tried can be decrypted.
 */
export async function checkKeys(db: Kysely<Database>, envelope: Envelope): Promise<void> {
  envelope.load();
  const rows = await db
    .selectFrom('objects')
    .select(['resource', 'namespace', 'name', 'uid', 'metadata', 'desired'])
    .where('resource', '=', 'secrets')
    .orderBy('revision', 'desc')
    .limit(TRIED)
    .execute();
  let failure: EncryptionError | undefined;
  for (const row of rows) {
    if (keyIdOf(row.desired) === undefined) continue;
    try {
      envelope.openWhole(row);
      return;
    } catch (error) {
      if (!(error instanceof EncryptionError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
}
