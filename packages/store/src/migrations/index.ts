import type { Migration, MigrationProvider } from 'kysely';
import * as objectsAndJournal from './0001-objects-and-journal.js';
import * as shards from './0002-shards.js';
import * as rowsInOnePiece from './0003-rows-in-one-piece.js';
import * as writers from './0004-writers.js';
import * as agents from './0005-agents.js';
import * as enrolments from './0006-enrolments.js';
import * as revocations from './0007-revocations.js';
import * as revokedAgents from './0008-revoked-agents.js';

/** Migrations in order. A released one never changes; a change of the schema is a new one. */
const migrations: Record<string, Migration> = {
  '0001-objects-and-journal': objectsAndJournal,
  '0002-shards': shards,
  '0003-rows-in-one-piece': rowsInOnePiece,
  '0004-writers': writers,
  '0005-agents': agents,
  '0006-enrolments': enrolments,
  '0007-revocations': revocations,
  '0008-revoked-agents': revokedAgents,
};

export const migrationProvider: MigrationProvider = {
  getMigrations: () => Promise.resolve(migrations),
};
