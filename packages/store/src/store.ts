import type { JournalEntry } from '@everynode/contract';
import type { ObjectRecord, ResourceName } from '@everynode/objects';
import { type Logger, retryUntilDone } from '@everynode/service-shell';
import { Kysely, Migrator, PostgresDialect, type Selectable, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { BY_KEY, connectionConfig } from './connection.js';
import { CompactedError } from './errors.js';
import type { CommitListener } from './group-commit/committed-batch.js';
import { GroupCommit } from './group-commit/group-commit.js';
import { migrationProvider } from './migrations/index.js';
import { leadRelay, type RelayLead } from './relay-leader.js';
import type { Database } from './schema.js';
import { type HeldShard, releaseShards, takeShards } from './shard-leases.js';
import { type AssignedPod, getAssignedPods, listAssignedPods } from './statements/assigned-pods.js';
import { type ExpiredEvent, lastBefore, listExpiredEvents, listNames } from './statements/expired-events.js';
import { type KnownObject, type Newer, newerOf } from './statements/read-if-changed.js';
import type { ReadLevel, WriteRequest, WriteResult } from './write.js';

/** Everything that is stored, as of one revision. */
export interface Snapshot {
  revision: number;
  objects: ObjectRecord[];
}

const COLUMNS = [
  'resource',
  'namespace',
  'name',
  'uid',
  'revision',
  'metadata',
  'desired',
  'observed',
  'placement',
] as const;
/** All of a journal row but when it was written, which nobody reads and which costs a Date to decode. */
const JOURNAL_COLUMNS = [...COLUMNS, 'type', 'previous', 'changed', 'deleting'] as const;
type JournalRow = Pick<Selectable<Database['journal']>, (typeof JOURNAL_COLUMNS)[number]>;
const PAGE = 5000;
const TYPES = ['ADDED', 'MODIFIED', 'DELETED'] as const;

/** The state of the cluster in Postgres: reads from a pool, writes through the group commit. */
export class Store {
  readonly #url: string;
  readonly #pool: pg.Pool;
  /** For the one question that every read of an object asks. */
  readonly #byKey: pg.Pool;
  readonly #db: Kysely<Database>;
  readonly #writer: GroupCommit;
  readonly #log: Logger;
  #failing: string | undefined;

  constructor(options: { databaseUrl: string; log: Logger; poolSize?: number }) {
    this.#url = options.databaseUrl;
    this.#log = options.log;
    this.#pool = new pg.Pool({ ...connectionConfig(options.databaseUrl), max: options.poolSize ?? 8 });
    this.#byKey = new pg.Pool({ ...connectionConfig(options.databaseUrl), options: BY_KEY, max: 1 });
    for (const pool of [this.#pool, this.#byKey]) {
      // Without a listener an idle connection that the server closes would end the process.
      pool.on('error', (error) => this.#log.warn({ err: error }, 'an idle connection to Postgres broke'));
    }
    this.#db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: this.#pool }) });
    this.#writer = new GroupCommit(options.databaseUrl, options.log);
  }

  /** Brings the schema up to date. Replicas that start together take turns under kysely's advisory lock. */
  async migrate(): Promise<void> {
    const migrator = new Migrator({ db: this.#db, provider: migrationProvider });
    const { error, results } = await migrator.migrateToLatest();
    for (const result of results ?? []) {
      if (result.status === 'Success') this.#log.info({ migration: result.migrationName }, 'migrated');
    }
    if (error) throw error;
  }

  /** {@link migrate}, again and again until Postgres can be reached and it succeeds, or the signal aborts. */
  async migrateWhenReachable(signal: AbortSignal): Promise<void> {
    await retryUntilDone(() => this.migrate(), {
      signal,
      onFailure: (error, failures) =>
        this.#log.warn({ err: error, failures }, 'the schema cannot be brought up to date'),
    });
  }

  /** Queues a write and resolves when it is committed; see {@link GroupCommit.write}. */
  write<L extends ReadLevel>(request: WriteRequest<L>): Promise<WriteResult> {
    return this.#writer.write(request);
  }

  get writesWaiting(): number {
    return this.#writer.waiting;
  }

  /** For how long nobody here has asked for a write that is not in the background, in ms. */
  get quietMs(): number {
    return this.#writer.quietMs;
  }

  /** Why the store does not work at the moment; undefined when it does, as far as the last attempt tells. */
  get trouble(): string | undefined {
    return this.#failing ?? (this.#writer.failures > 0 ? 'writes fail' : undefined);
  }

  /** Asks Postgres for the last revision, and notes for readiness whether it answered. */
  async currentRevision(): Promise<number> {
    try {
      const row = await this.#db.selectFrom('revision_counter').select('revision').executeTakeFirstOrThrow();
      this.#failing = undefined;
      return row.revision;
    } catch (error) {
      this.#failing = 'Postgres does not answer';
      throw error;
    }
  }

  /** What is stored of objects where it is not what is known, in the order of their keys. One query for all. */
  newerOf(keys: readonly KnownObject[]): Promise<Newer[]> {
    return newerOf(this.#byKey, keys);
  }

  async get(resource: ResourceName, namespace: string, name: string): Promise<ObjectRecord | undefined> {
    return await this.#db
      .selectFrom('objects')
      .select(COLUMNS)
      .where('resource', '=', resource)
      .where('namespace', '=', namespace)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  /** All objects of the given resources (of all when none are given), as of one revision, handed over page by page. */
  async readSnapshot(resources: ResourceName[] | undefined, onPage: (page: ObjectRecord[]) => void): Promise<number> {
    return await this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        const { revision } = await tx.selectFrom('revision_counter').select('revision').executeTakeFirstOrThrow();
        let last: ObjectRecord | undefined;
        for (;;) {
          const page = await readPage(tx, resources, last);
          if (page.length > 0) onPage(page);
          if (page.length < PAGE) return revision;
          last = page.at(-1);
        }
      });
  }

  /**
   * Journal entries after `revision`, oldest first, up to `limit`. Throws {@link CompactedError} when some of them are
   * gone.
   */
  async journalAfter(revision: number, limit: number): Promise<JournalEntry[]> {
    const rows = await this.#db
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
      const counter = await this.#db.selectFrom('revision_counter').selectAll().executeTakeFirstOrThrow();
      if (counter.compacted > revision) throw new CompactedError(revision, counter.compacted);
    }
    return rows.map(toEntry);
  }

  /** The newest `limit` entries, oldest first: what a watch cache starts its history with. */
  async journalTail(limit: number, upTo: number): Promise<JournalEntry[]> {
    const rows = await this.#db
      .selectFrom('journal')
      .select(JOURNAL_COLUMNS)
      .where('revision', '<=', upTo)
      .orderBy('revision', 'desc')
      .limit(limit)
      .execute();
    return rows.reverse().map(toEntry);
  }

  /** The entries with these revisions, as far as they are not compacted away. */
  async journalEntries(revisions: number[]): Promise<JournalEntry[]> {
    const rows = await this.#db
      .selectFrom('journal')
      .selectAll()
      .where(sql<boolean>`revision = any(${revisions}::bigint[])`)
      .execute();
    return rows.map(toEntry);
  }

  /**
   * Drops journal rows older than `maxAgeSeconds`, and more when there are over `maxRows`, but never the last
   * `minRows`. Returns the revision up to which the journal is gone.
   */
  async compact(limits: { maxAgeSeconds: number; maxRows: number; minRows: number }): Promise<number> {
    const { rows } = await sql<{ floor: number }>`
      select least(
        greatest(
          ${lastBefore(sql`now() - make_interval(secs => ${limits.maxAgeSeconds})`)},
          (select revision from revision_counter) - ${limits.maxRows}::bigint
        ),
        (select revision from revision_counter) - ${limits.minRows}::bigint
      ) as floor`.execute(this.#db);
    const floor = rows[0]?.floor ?? 0;
    if (floor <= 0) return 0;
    await this.#db.updateTable('revision_counter').set({ compacted: floor }).where('compacted', '<', floor).execute();
    await this.#db.deleteFrom('journal').where('revision', '<=', floor).execute();
    return floor;
  }

  /** Pods that are bound to nodes of the agent, in uid order after `after`; see {@link listAssignedPods}. */
  listAssignedPods(agent: string, after: string, limit: number): Promise<AssignedPod[]> {
    return listAssignedPods(this.#db, agent, after, limit);
  }

  /** The same pods whole, of those with the given uids. */
  getAssignedPods(agent: string, uids: string[]): Promise<ObjectRecord[]> {
    return getAssignedPods(this.#db, agent, uids);
  }

  /** Events that were last written before a time; see {@link listExpiredEvents}. */
  listExpiredEvents(before: Date, limit: number): Promise<ExpiredEvent[]> {
    return listExpiredEvents(this.#db, before, limit);
  }

  /** Names of stored objects of a resource in a namespace, up to `limit`. */
  listNames(resource: ResourceName, namespace: string, limit: number): Promise<string[]> {
    return listNames(this.#db, resource, namespace, limit);
  }

  takeShards(replica: string, ttlSeconds: number): Promise<HeldShard[]> {
    return takeShards(this.#db, replica, ttlSeconds);
  }

  releaseShards(replica: string): Promise<void> {
    return releaseShards(this.#db, replica);
  }

  /** Calls the listener with every batch that this process commits, in order. Returns the removal of the listener. */
  addCommitListener(listener: CommitListener): () => void {
    return this.#writer.addCommitListener(listener);
  }

  /** Runs `onLeading` whenever this process is the one relay; see {@link leadRelay}. Resolves when the signal aborts. */
  leadRelay(signal: AbortSignal, onLeading: (lead: RelayLead) => Promise<void>): Promise<void> {
    return leadRelay(this.#url, this.#log, signal, onLeading);
  }

  /** Writes what waits, then closes all connections. */
  async close(): Promise<void> {
    await this.#writer.close();
    await Promise.all([this.#db.destroy(), this.#byKey.end()]);
  }
}

async function readPage(
  tx: Transaction<Database>,
  resources: ResourceName[] | undefined,
  after: ObjectRecord | undefined,
): Promise<ObjectRecord[]> {
  let query = tx
    .selectFrom('objects')
    .select(COLUMNS)
    .orderBy('resource')
    .orderBy('namespace')
    .orderBy('name')
    .limit(PAGE);
  if (resources) query = query.where('resource', 'in', resources);
  if (after) {
    const { resource, namespace, name } = after;
    query = query.where(sql<boolean>`(resource, namespace, name) > (${resource}, ${namespace}, ${name})`);
  }
  return await query.execute();
}

function toEntry(row: JournalRow): JournalEntry {
  const type = TYPES[row.type - 1];
  if (!type) throw new Error(`journal row ${row.revision} has type ${row.type}`);
  const { resource, namespace, name, uid, revision, previous, metadata, desired, observed, placement, deleting } = row;
  const changed = {
    metadata: (row.changed & 1) !== 0,
    desired: (row.changed & 2) !== 0,
    observed: (row.changed & 4) !== 0,
  };
  return {
    type,
    resource,
    namespace,
    name,
    uid,
    revision,
    previous,
    changed,
    metadata,
    desired,
    observed,
    placement,
    deleting,
  };
}
