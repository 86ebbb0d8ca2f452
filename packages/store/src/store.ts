import type { JournalChange, JournalEntry } from '@everynode/contract';
import type { ObjectRecord, ResourceName } from '@everynode/objects';
import { type Logger, retryUntilDone } from '@everynode/service-shell';
import { Kysely, PostgresDialect } from 'kysely';
import { ANSWER_MS, BY_KEY } from './connection.js';
import { checkKeys } from './encryption/check-keys.js';
import { EncryptionError, Envelope } from './encryption/envelope.js';
import { reencrypt } from './encryption/reencrypt.js';
import {
  agentKeys,
  type Enrolment,
  enrolAgent,
  enrolmentOf,
  listEnrolments,
  noteRevokedAgent,
  type RevokedAgent,
  type RevokedCertificate,
  revokeDeletedNodes,
  revokedAgents,
  revokedCertificates,
} from './enrolments.js';
import { StoreUnavailableError } from './errors.js';
import type { CommitListener } from './group-commit/committed-batch.js';
import { GroupCommit } from './group-commit/group-commit.js';
import { latestIncarnation, listAgents, takeIncarnation } from './incarnations.js';
import { migrate } from './migrations/migrate.js';
import { orUnavailable } from './outage.js';
import { type Outage, OutageWatch, probeRepeatedly } from './outage-watch.js';
import { ReadPool } from './read-pool.js';
import { leadRelay, type RelayLead } from './relay-leader.js';
import type { Database } from './schema.js';
import { type HeldShard, leaseShards, releaseShards, type ShardHolder } from './shard-leases.js';
import { type AssignedPod, getAssignedPods, listAssignedPods } from './statements/assigned-pods.js';
import { findable } from './statements/column-parameters.js';
import { compactJournal } from './statements/compact-journal.js';
import { type ExpiredEvent, listExpiredEvents } from './statements/expired-events.js';
import { listNames } from './statements/list-names.js';
import { OBJECT_COLUMNS } from './statements/object-columns.js';
import { type KnownObject, type ReadIfChanged, readIfChanged } from './statements/read-if-changed.js';
import { journalAfter, journalEntries, journalTail } from './statements/read-journal.js';
import { readSnapshot, type SnapshotScope } from './statements/read-snapshot.js';
import type { ReadLevel, WriteRequest, WriteResult } from './write.js';

type DropFirst<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;

/** How long Postgres may take for one page of a snapshot, a migration or the compaction of the journal, in ms. */
const PATIENCE_MS = 60_000;

const REVISION = { text: 'select revision from revision_counter' };

/**
 * The state of the cluster in Postgres: reads from a pool, writes through the group commit. While Postgres is away,
 * both reject with {@link StoreUnavailableError}.
 */
export class Store {
  readonly #url: string;
  readonly #pool: ReadPool;
  /** For {@link readIfChanged}, which every read of an object runs. */
  readonly #byKey: ReadPool;
  readonly #db: Kysely<Database>;
  /** For questions whose answers take long. */
  readonly #patientDb: Kysely<Database>;
  readonly #writer: GroupCommit;
  readonly #log: Logger;
  readonly #reads = new OutageWatch();
  readonly #envelope: Envelope;
  readonly #closing = new AbortController();

  /** `encryptionKeys` is the file of the keys of Secrets, which are in clear text without it. */
  constructor(options: { databaseUrl: string; log: Logger; poolSize?: number; encryptionKeys?: string | undefined }) {
    const { databaseUrl, log } = options;
    this.#url = databaseUrl;
    this.#log = log;
    this.#envelope = new Envelope(options.encryptionKeys || undefined);
    const pool = new ReadPool(databaseUrl, log, { max: options.poolSize ?? 8 });
    const kysely = (ms: number) =>
      new Kysely<Database>({ dialect: new PostgresDialect({ pool: pool.answeringWithin(ms) }) });
    this.#pool = pool;
    this.#byKey = new ReadPool(databaseUrl, log, { max: 1, settings: BY_KEY });
    this.#db = kysely(ANSWER_MS);
    this.#patientDb = kysely(PATIENCE_MS);
    this.#writer = new GroupCommit(databaseUrl, log, this.#envelope);
    const { signal } = this.#closing;
    const answeredAt = (): number => this.#reads.succeededAt;
    probeRepeatedly(() => this.#writer.probe(), this.#writer.watch, signal, answeredAt);
    probeRepeatedly(() => this.#probeReads(), this.#reads, signal);
  }

  /** Brings the schema up to date, where the role of the services may; see {@link migrate}. */
  migrate(): Promise<void> {
    return migrate(this.#patientDb, this.#log);
  }

  /** {@link migrate}, again and again until Postgres can be reached and it succeeds, or the signal aborts. */
  async migrateWhenReachable(signal: AbortSignal): Promise<void> {
    await retryUntilDone(() => this.migrate(), {
      signal,
      onFailure: (error, failures) =>
        this.#log.warn({ err: error, failures }, 'the schema cannot be brought up to date'),
    });
  }

  /**
   * Ends a service at its start that could not read what is stored; see {@link checkKeys}. Waits while Postgres cannot
   * be reached, until the signal aborts. @throws EncryptionError
   */
  async refuseWrongKeys(signal: AbortSignal): Promise<void> {
    let refused: EncryptionError | undefined;
    const check = async (): Promise<void> => {
      try {
        await checkKeys(this.#db, this.#envelope);
      } catch (error) {
        if (!(error instanceof EncryptionError)) throw error;
        refused = error;
      }
    };
    await retryUntilDone(check, {
      signal,
      onFailure: (error, failures) => this.#log.warn({ err: error, failures }, 'the encryption keys cannot be checked'),
    });
    if (refused) throw refused;
  }

  /** Queues a write and resolves when it is committed; see {@link GroupCommit.write}. */
  write<L extends ReadLevel>(request: WriteRequest<L>): Promise<WriteResult> {
    return this.#writer.write(request);
  }

  /** Transactions since the start whose COMMIT was not answered, so that their outcome had to be looked up. */
  get commitsInDoubt(): number {
    return this.#writer.commitsInDoubt;
  }

  get writesWaiting(): number {
    return this.#writer.waiting;
  }

  /** Time since this process last asked for a write that is not in the background, in ms. */
  get quietMs(): number {
    return this.#writer.quietMs;
  }

  /**
   * What does not work at the moment and why, in words for readiness; undefined when all is well. It is kept up to date
   * by probes, whether or not anything is read or written.
   */
  get trouble(): string | undefined {
    const writes = this.#writer.watch.outage;
    const reads = this.#reads.outage;
    if (writes && reads) return `reads and writes fail: ${writes.reason}`;
    if (writes) return `writes fail: ${writes.reason}`;
    return (reads && `reads fail: ${reads.reason}`) ?? this.#envelope.trouble;
  }

  /** Since when reads from Postgres fail, and why; undefined while they succeed. */
  get readOutage(): Outage | undefined {
    return this.#reads.outage;
  }

  /** Reads the last revision from Postgres. */
  async currentRevision(): Promise<number> {
    const rows = await this.#read(this.#pool.query<{ revision: number }>(REVISION));
    return rows[0]?.revision ?? 0;
  }

  /** Reads the objects that have changed since the caller read them; see {@link readIfChanged}. */
  async readIfChanged(keys: readonly KnownObject[]): Promise<ReadIfChanged[]> {
    const found = await this.#read(readIfChanged(this.#byKey, keys));
    return found.map((one) => (typeof one === 'object' ? this.#envelope.openWhole(one) : one));
  }

  async get(resource: ResourceName, namespace: string, name: string): Promise<ObjectRecord | undefined> {
    const record = await this.#read(
      this.#db
        .selectFrom('objects')
        .select(OBJECT_COLUMNS)
        .where('resource', '=', resource)
        .where('namespace', '=', findable(namespace))
        .where('name', '=', findable(name))
        .executeTakeFirst(),
    );
    return record && this.#envelope.openWhole(record);
  }

  /** Reads all objects of the resources as of one revision; see {@link readSnapshot}. */
  readSnapshot(resources: SnapshotScope, onPage: (page: ObjectRecord[]) => void): Promise<number> {
    const onOpened = (page: ObjectRecord[]): void => onPage(page.map((record) => this.#envelope.openWhole(record)));
    return orUnavailable(readSnapshot(this.#patientDb, resources, onOpened));
  }

  /** Reads journal entries after `revision`, oldest first. @throws CompactedError when some of them are gone. */
  journalAfter(revision: number, limit: number): Promise<JournalEntry[]> {
    return this.#entries(journalAfter(this.#db, revision, limit));
  }

  /** Reads the last `limit` entries up to a revision, oldest first. */
  journalTail(limit: number, upTo: number): Promise<JournalEntry[]> {
    return this.#entries(journalTail(this.#db, limit, upTo));
  }

  /** Reads the entries with these revisions. Those that are compacted away are left out. */
  journalEntries(revisions: number[]): Promise<JournalEntry[]> {
    return this.#entries(journalEntries(this.#db, revisions));
  }

  /** An entry as it may leave the process: encrypted where its kind is. @throws EncryptionError. */
  readonly sealEntry = (entry: JournalEntry): JournalEntry => this.#envelope.seal(entry, entry);

  /** A change that came over the bus, decrypted where it is encrypted. @throws EncryptionError. */
  readonly openChange = (change: JournalChange): JournalChange => this.#envelope.openWhole(change);

  /**
   * Encrypts all Secrets with the first key; see {@link reencrypt}. What others write from now on is under that
   * key too: they look at the key file while they hold the counter, which this waits for.
   */
  async reencrypt(): Promise<number> {
    const key = { resource: 'secrets', namespace: '', name: 'none' } as const;
    await this.write({ key, reads: 'head', decide: () => ({ kind: 'keep' }) });
    return await reencrypt(this.#patientDb, this.#envelope);
  }

  /** Drops old journal rows; see {@link compactJournal}. Returns the revision up to which the journal is gone. */
  compact(limits: Parameters<typeof compactJournal>[1]): Promise<number> {
    return orUnavailable(compactJournal(this.#patientDb, limits));
  }

  /** Reads pods that are bound to nodes of the agent, in uid order after `after`; see {@link listAssignedPods}. */
  listAssignedPods(agent: string, after: string, limit: number): Promise<AssignedPod[]> {
    return this.#read(listAssignedPods(this.#db, agent, after, limit));
  }

  /** Reads pods of the agent whole; see {@link getAssignedPods}. */
  getAssignedPods(agent: string, uids: string[]): Promise<ObjectRecord[]> {
    return this.#read(getAssignedPods(this.#db, agent, uids));
  }

  /** Reads events that were last written before a time; see {@link listExpiredEvents}. */
  listExpiredEvents(before: Date, limit: number): Promise<ExpiredEvent[]> {
    return this.#read(listExpiredEvents(this.#db, before, limit));
  }

  /** Reads the names of the objects of a resource in a namespace, up to `limit`. */
  listNames(resource: ResourceName, namespace: string, limit: number): Promise<string[]> {
    return this.#read(listNames(this.#db, resource, namespace, limit));
  }

  /** Renews, acquires or releases shards, and returns those that the process holds; see {@link leaseShards}. */
  leaseShards(holder: ShardHolder, ttlSeconds: number): Promise<HeldShard[]> {
    return this.#read(leaseShards(this.#db, holder, ttlSeconds));
  }

  releaseShards(process: string): Promise<void> {
    return orUnavailable(releaseShards(this.#db, process));
  }

  /** Hands an incarnation to a new process of the agent; see {@link takeIncarnation}. */
  takeIncarnation(agent: string, process: string): Promise<number> {
    return orUnavailable(takeIncarnation(this.#db, agent, process));
  }

  /** The incarnation that a process of the agent took last; 0 when there was none. */
  latestIncarnation(agent: string): Promise<number> {
    return orUnavailable(latestIncarnation(this.#db, agent));
  }

  /** Reads the names of all agents that ever had a process. */
  listAgents(): Promise<string[]> {
    return this.#read(listAgents(this.#db));
  }

  /** Reads which agent may host which nodes. */
  listEnrolments(): Promise<Enrolment[]> {
    return this.#read(listEnrolments(this.#db));
  }

  /** Reads the nodes that an agent may host; undefined for one that is not enrolled. */
  enrolmentOf(agent: string): Promise<string[] | undefined> {
    return this.#read(enrolmentOf(this.#db, agent));
  }

  /** Reads the public keys of the bus that an agent has. */
  agentKeys(agent: string): Promise<string[]> {
    return this.#read(agentKeys(this.#db, agent));
  }

  /** Notes that an agent is revoked; see {@link noteRevokedAgent}. */
  noteRevokedAgent(revoked: RevokedAgent): Promise<void> {
    return orUnavailable(noteRevokedAgent(this.#db, revoked));
  }

  /** The agents that were revoked lately; see {@link revokedAgents}. */
  revokedAgents(): Promise<RevokedAgent[]> {
    return this.#read(revokedAgents(this.#db));
  }

  /** Notes a certificate of an agent, and what the agent may host; see {@link enrolAgent}. */
  enrolAgent(...certificate: DropFirst<Parameters<typeof enrolAgent>>): Promise<boolean> {
    return orUnavailable(enrolAgent(this.#db, ...certificate));
  }

  /** Takes back what the agents of deleted nodes asked for before the deletion; see {@link revokeDeletedNodes}. */
  revokeDeletedNodes(): Promise<void> {
    return orUnavailable(revokeDeletedNodes(this.#db));
  }

  /** Reads the certificates that are revoked and have not ended. */
  revokedCertificates(): Promise<RevokedCertificate[]> {
    return this.#read(revokedCertificates(this.#db));
  }

  /** Calls the listener with every batch that this process commits, in order. Returns the removal of the listener. */
  onCommitted(listener: CommitListener): () => void {
    return this.#writer.onCommitted(listener);
  }

  /** Runs `onLeading` while this process is the one relay; see {@link leadRelay}. Resolves when the signal aborts. */
  leadRelay(signal: AbortSignal, onLeading: (lead: RelayLead) => Promise<void>): Promise<void> {
    return leadRelay(this.#url, this.#log, signal, onLeading);
  }

  /** Writes what waits, for a few seconds at most, then closes all connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#writer.close(), this.#pool.end(), this.#byKey.end()]);
  }

  /** {@link orUnavailable}, and notes whether reads succeed. */
  async #read<T>(question: Promise<T>): Promise<T> {
    try {
      const answer = await orUnavailable(question);
      this.#reads.succeeded();
      return answer;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#reads.failed(error);
      throw error;
    }
  }

  async #entries(question: Promise<JournalEntry[]>): Promise<JournalEntry[]> {
    return (await this.#read(question)).map((entry) => this.#envelope.openWhole(entry));
  }

  /** Asks whether reads succeed. While all is well, the reads themselves and the writer's probe show it. */
  async #probeReads(): Promise<void> {
    if (this.#reads.outage || this.#writer.watch.outage) await this.currentRevision();
  }
}
