import type { Kysely } from 'kysely';
import type { Database } from '../schema.js';
import type { Envelope } from './envelope.js';

/** Rows that are read at once. */
const PAGE = 200;

/**
 * Encrypts with the first key whatever is not: rows in clear text, and rows under other keys, of the objects and of the
 * journal. Their content stays, and so do revisions. Returns how many rows it has written.
 * @throws EncryptionError when a row cannot be decrypted; the rows before it are written.
 */
export async function reencrypt(db: Kysely<Database>, envelope: Envelope): Promise<number> {
  return (await reencryptTable(db, 'objects', envelope)) + (await reencryptTable(db, 'journal', envelope));
}

async function reencryptTable(db: Kysely<Database>, table: 'objects' | 'journal', envelope: Envelope): Promise<number> {
  let written = 0;
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom(table)
      .select(['resource', 'namespace', 'name', 'uid', 'revision', 'metadata', 'desired'])
      .where('resource', '=', 'secrets')
      .where('revision', '>', after)
      .orderBy('revision')
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      after = row.revision;
      if (envelope.isCurrent(row.metadata) && envelope.isCurrent(row.desired)) continue;
      const { metadata, desired } = row;
      const parts = envelope.seal(row, envelope.open(row, { metadata, desired }));
      // A row that is written meanwhile has another revision, and the newest key.
      await db
        .updateTable(table)
        .set(parts)
        .where('resource', '=', 'secrets')
        .where('namespace', '=', row.namespace)
        .where('name', '=', row.name)
        .where('revision', '=', row.revision)
        .execute();
      written += 1;
    }
    if (rows.length < PAGE) return written;
  }
}
