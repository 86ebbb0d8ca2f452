import type { JournalEntry } from '@everynode/contract';
import { type Kysely, sql } from 'kysely';
import { CompactedError } from '../errors.js';
import { entryFrom, JOURNAL_COLUMNS } from '../journal-row.js';
import type { Database } from '../schema.js';

/**
 * Reads journal entries after `revision`, oldest first, up to `limit`.
 *
 * @throws CompactedError when some of them are gone.
 */
export async function journalAfter(db: Kysely<Database>, revision: number, limit: number): Promise<JournalEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .select(JOURNAL_COLUMNS)
    .where('revision', '>', revision)
    .orderBy('revision')
    .limit(limit)
    .execute();
  // Revisions have no gaps, so a first row that does not follow means that its predecessors were compacted away.
  const first = rows[0];
  if (first && first.revision !== revision + 1) throw new CompactedError(revision, first.revision - 1);
  if (!first) {
    const counter = await db.selectFrom('revision_counter').selectAll().executeTakeFirstOrThrow();
    if (counter.compacted > revision) throw new CompactedError(revision, counter.compacted);
  }
  return rows.map(entryFrom);
}

/** Reads the last `limit` entries up to a revision, oldest first: what a watch cache starts its history with. */
export async function journalTail(db: Kysely<Database>, limit: number, upTo: number): Promise<JournalEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .select(JOURNAL_COLUMNS)
    .where('revision', '<=', upTo)
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse().map(entryFrom);
}

/** Reads the entries with these revisions. Those that are compacted away are left out. */
export async function journalEntries(db: Kysely<Database>, revisions: number[]): Promise<JournalEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .select(JOURNAL_COLUMNS)
    .where(sql<boolean>`revision = any(${revisions}::bigint[])`)
    .execute();
  return rows.map(entryFrom);
}
