import type { Logger } from '@everynode/service-shell';
import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { ReadPool } from '../read-pool.js';
import type { Database } from '../schema.js';
import { migrationProvider } from './index.js';

/** How long Postgres may take for a migration, in ms. */
const PATIENCE_MS = 60_000;

/** Insufficient privilege. Source: errcodes-appendix of PostgreSQL. */
const NOT_ALLOWED = '42501';

/**
 * Brings the schema up to date. Replicas that start together take turns under kysely's advisory lock.
 * @throws Error that says what to do when the schema is behind and the role of the connection may not change it.
 */
export async function migrate(db: Kysely<Database>, log: Logger): Promise<void> {
  const migrator = new Migrator({ db, provider: migrationProvider });
  const { error, results } = await migrator.migrateToLatest();
  for (const result of results ?? []) {
    if (result.status === 'Success') log.info({ migration: result.migrationName }, 'migrated');
  }
  if (error instanceof pg.DatabaseError && error.code === NOT_ALLOWED) {
    throw new Error('the schema is not up to date, and this role may not change it: run "everynode database prepare"', {
      cause: error,
    });
  }
  if (error) throw error;
}

/** {@link migrate} over a connection of its own, whose session acts as `role`. */
export async function migrateDatabase(url: string, log: Logger, settings: { role: string }): Promise<void> {
  const pool = new ReadPool(url, log, { max: 2, settings });
  try {
    await migrate(new Kysely({ dialect: new PostgresDialect({ pool: pool.answeringWithin(PATIENCE_MS) }) }), log);
  } finally {
    await pool.end();
  }
}
