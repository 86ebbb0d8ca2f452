import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '@everynode/history-checker';
import type { Cluster } from '../cluster/cluster.js';
import { now } from './clock.js';
import { factsOf, type JournalRow } from './facts.js';
import { hashOf } from './stored-objects.js';

const EVERY_MS = 150;
const PAGE = 2000;
const TYPES = ['', 'ADDED', 'MODIFIED', 'DELETED'] as const;

const SELECT = `
  select revision, previous, type, resource, namespace, name, uid, metadata::text, desired::text, observed::text,
    extract(epoch from written_at)::float8 * 1000 as at
  from journal where revision > $1 order by revision limit ${PAGE}`;

/** Reads the journal as it grows, from Postgres itself and past every proxy: the truth of the run. */
export class JournalTail {
  readonly #cluster: Cluster;
  readonly #onChange: (change: Change) => void;
  readonly #stopped = new AbortController();
  #revision = 0;
  #reading: Promise<void> | undefined;

  constructor(cluster: Cluster, onChange: (change: Change) => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  get revision(): number {
    return this.#revision;
  }

  async follow(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      // While Postgres is away there is nothing to read; the next try is soon.
      await this.read().catch(() => undefined);
      await delay(EVERY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  /** Reads what is there now. @throws Error while Postgres is away. */
  async read(): Promise<void> {
    while (this.#reading) await this.#reading.catch(() => undefined);
    this.#reading = this.#readPages().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #readPages(): Promise<void> {
    for (;;) {
      const rows = await this.#cluster.sql<JournalRow>(SELECT, [this.#revision]);
      for (const row of rows) {
        this.#revision = Number(row.revision);
        this.#onChange(changeOf(row, now()));
      }
      if (rows.length < PAGE) return;
    }
  }
}

function changeOf(row: JournalRow, seen: number): Change {
  return {
    revision: Number(row.revision),
    previous: Number(row.previous),
    type: TYPES[row.type as 1 | 2 | 3],
    resource: row.resource,
    key: `${row.namespace}/${row.name}`,
    uid: row.uid,
    at: row.at,
    seen,
    hash: hashOf(row),
    facts: factsOf(row),
  };
}
