import type { JournalEntry } from '@everynode/contract';
import type { ObjectRecord, ResourceName } from '@everynode/objects';
import { type Logger, retryUntilDone } from '@everynode/service-shell';
import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { BY_KEY, connectionConfig } from './connection.js';
import type { CommitListener } from './group-commit/committed-batch.js';
import { GroupCommit } from './group-commit/group-commit.js';
import { migrationProvider } from './migrations/index.js';
import { orUnavailable } from './outage.js';
import { leadRelay, type RelayLead } from './relay-leader.js';
import type { Database } from './schema.js';
import { type HeldShard, leaseShards, releaseShards, type ShardHolder } from './shard-leases.js';
import { type AssignedPod, getAssignedPods, listAssignedPods } from './statements/assigned-pods.js';
import { compactJournal } from './statements/compact-journal.js';
import { type ExpiredEvent, listExpiredEvents } from './statements/expired-events.js';
import { listNames } from './statements/list-names.js';
import { OBJECT_COLUMNS } from './statements/object-columns.js';
import { type KnownObject, type ReadIfChanged, readIfChanged } from './statements/read-if-changed.js';
import { journalAfter, journalEntries, journalTail } from './statements/read-journal.js';
import { readSnapshot } from './statements/read-snapshot.js';
import type { ReadLevel, WriteRequest, WriteResult } from './write.js';

/**
 * The state of the cluster in Postgres: reads from a pool, writes through the group commit. While Postgres is away,
 * both reject with {@link StoreUnavailableError}.
 */
export class Store {
  readonly #url: string;
  readonly #pool: pg.Pool;
  /** For {@link readIfChanged}, which every read of an object runs. */
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

  /** Time since this process last asked for a write that is not in the background, in ms. */
  get quietMs(): number {
    return this.#writer.quietMs;
  }

  /** Why the last attempt to reach Postgres failed; undefined when it succeeded. */
  get trouble(): string | undefined {
    return this.#failing ?? (this.#writer.failures > 0 ? 'writes fail' : undefined);
  }

  /** Reads the last revision from Postgres, and notes for readiness whether Postgres answered. */
  async currentRevision(): Promise<number> {
    try {
      const row = await orUnavailable(
        this.#db.selectFrom('revision_counter').select('revision').executeTakeFirstOrThrow(),
      );
      this.#failing = undefined;
      return row.revision;
    } catch (error) {
      this.#failing = 'Postgres does not answer';
      throw error;
    }
  }

  /** Reads the objects that have changed since the caller read them; see {@link readIfChanged}. */
  readIfChanged(keys: readonly KnownObject[]): Promise<ReadIfChanged[]> {
    return orUnavailable(readIfChanged(this.#byKey, keys));
  }

  async get(resource: ResourceName, namespace: string, name: string): Promise<ObjectRecord | undefined> {
    return await orUnavailable(
      this.#db
        .selectFrom('objects')
        .select(OBJECT_COLUMNS)
        .where('resource', '=', resource)
        .where('namespace', '=', namespace)
        .where('name', '=', name)
        .executeTakeFirst(),
    );
  }

  /** Reads all objects of the resources, or of all resources, as of one revision; see {@link readSnapshot}. */
  readSnapshot(resources: ResourceName[] | undefined, onPage: (page: ObjectRecord[]) => void): Promise<number> {
    return orUnavailable(readSnapshot(this.#db, resources, onPage));
  }

  /** Reads journal entries after `revision`, oldest first. @throws CompactedError when some of them are gone. */
  journalAfter(revision: number, limit: number): Promise<JournalEntry[]> {
    return orUnavailable(journalAfter(this.#db, revision, limit));
  }

  /** Reads the last `limit` entries up to a revision, oldest first. */
  journalTail(limit: number, upTo: number): Promise<JournalEntry[]> {
    return orUnavailable(journalTail(this.#db, limit, upTo));
  }

  /** Reads the entries with these revisions. Those that are compacted away are left out. */
  journalEntries(revisions: number[]): Promise<JournalEntry[]> {
    return orUnavailable(journalEntries(this.#db, revisions));
  }

  /** Drops old journal rows; see {@link compactJournal}. Returns the revision up to which the journal is gone. */
  compact(limits: Parameters<typeof compactJournal>[1]): Promise<number> {
    return orUnavailable(compactJournal(this.#db, limits));
  }

  /** Reads pods that are bound to nodes of the agent, in uid order after `after`; see {@link listAssignedPods}. */
  listAssignedPods(agent: string, after: string, limit: number): Promise<AssignedPod[]> {
    return orUnavailable(listAssignedPods(this.#db, agent, after, limit));
  }

  /** Reads pods of the agent whole; see {@link getAssignedPods}. */
  getAssignedPods(agent: string, uids: string[]): Promise<ObjectRecord[]> {
    return orUnavailable(getAssignedPods(this.#db, agent, uids));
  }

  /** Reads events that were last written before a time; see {@link listExpiredEvents}. */
  listExpiredEvents(before: Date, limit: number): Promise<ExpiredEvent[]> {
    return orUnavailable(listExpiredEvents(this.#db, before, limit));
  }

  /** Reads the names of the objects of a resource in a namespace, up to `limit`. */
  listNames(resource: ResourceName, namespace: string, limit: number): Promise<string[]> {
    return orUnavailable(listNames(this.#db, resource, namespace, limit));
  }

  /** Renews, acquires or releases shards, and returns those that the process holds; see {@link leaseShards}. */
  leaseShards(holder: ShardHolder, ttlSeconds: number): Promise<HeldShard[]> {
    return orUnavailable(leaseShards(this.#db, holder, ttlSeconds));
  }

  releaseShards(process: string): Promise<void> {
    return orUnavailable(releaseShards(this.#db, process));
  }

  /** Calls the listener with every batch that this process commits, in order. Returns the removal of the listener. */
  onCommitted(listener: CommitListener): () => void {
    return this.#writer.onCommitted(listener);
  }

  /** Runs `onLeading` while this process is the one relay; see {@link leadRelay}. Resolves when the signal aborts. */
  leadRelay(signal: AbortSignal, onLeading: (lead: RelayLead) => Promise<void>): Promise<void> {
    return leadRelay(this.#url, this.#log, signal, onLeading);
  }

  /** Writes what waits, then closes all connections. */
  async close(): Promise<void> {
    await this.#writer.close();
    await Promise.all([this.#db.destroy(), this.#byKey.end()]);
  }
}
