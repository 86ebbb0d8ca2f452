import { type Publishing, publishEntries, tellToAsk } from '@everynode/change-feed';
import type { JournalEntry } from '@everynode/contract';
import type { Reflector } from '@everynode/list-watch';
import { backoffMs, pause } from '@everynode/service-shell';
import { CompactedError, type RelayLead, type Store } from '@everynode/store';
import { ReceivedRevisions } from './received-revisions.js';

/** Entries read from the journal at once. */
const PAGE = 1000;
/** Asked for news this often even when no notification came. */
const POLL_MS = 1000;
/** How long a writer has to publish what it has committed, in ms. One that is only slow must not have it done twice. */
const PATIENCE_MS = 500;
const COMPACT_EVERY_MS = 60_000;

/** How much of the journal is kept. */
export interface JournalLimits {
  maxAgeSeconds: number;
  maxRows: number;
  minRows: number;
}

export const JOURNAL_LIMITS: JournalLimits = { maxAgeSeconds: 3600, maxRows: 500_000, minRows: 10_000 };

export interface RelayOptions extends Publishing {
  store: Store;
  /** Hears what is on the bus. */
  reflector: Reflector;
  signal: AbortSignal;
  limits?: JournalLimits;
}

/**
 * Sees to it that every commit gets on the bus. Writers publish their own; what one has not published, because it died or
 * the bus did not take it, this reads from the journal and publishes. One relay works at a time (an advisory lock in
 * Postgres); a new one begins at the present end of the journal, and sees to it that whoever missed something before looks
 * for it. It compacts the journal, too.
 */
export class Relay {
  readonly #options: RelayOptions;
  #received: ReceivedRevisions | undefined;
  #compactedAt = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Works whenever this process is the one relay. Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { store, reflector, signal, log } = this.#options;
    const stopReceiving = reflector.onReceived((range) => this.#received?.add(range));
    await store.leadRelay(signal, async (lead) => {
      log.info('this replica is the relay');
      try {
        await this.#follow(lead, await this.#begin());
      } finally {
        this.#received = undefined;
      }
    });
    stopReceiving();
  }

  /**
   * The relay before this one may have died with commits that nobody has passed on, and in a rollout all may now wait for
   * one of them. Its last change says to readers how far the journal reaches, so those who lack some read it; agents, who
   * cannot, are told to ask for their lists.
   */
  async #begin(): Promise<ReceivedRevisions> {
    const { store, reflector } = this.#options;
    const revision = await store.currentRevision();
    const received = new ReceivedRevisions(revision);
    this.#received = received;
    if (revision === 0) return received;
    const agents = new Set<string>();
    for (const { record } of reflector.cache('nodes').list())
      if (record.placement !== null) agents.add(record.placement);
    await Promise.all([
      publishEntries(this.#options, await store.journalAfter(revision - 1, 1)),
      ...[...agents].map((agent) => tellToAsk(this.#options, agent, revision)),
    ]);
    return received;
  }

  async #follow(lead: RelayLead, begun: ReceivedRevisions): Promise<void> {
    const { log, store } = this.#options;
    let received = begun;
    for (let failures = 0; !lead.signal.aborted; ) {
      try {
        await lead.waitForMore(received.position, POLL_MS);
        // No notification may mean that none came through.
        const target = lead.latest > received.position ? lead.latest : await store.currentRevision();
        if (target > received.position) await pause(PATIENCE_MS, lead.signal);
        await this.#publishMissing(received, target);
        await this.#compactSometimes();
        failures = 0;
      } catch (error) {
        if (lead.signal.aborted) return;
        failures += 1;
        log.warn({ err: error, failures, position: received.position }, 'the journal could not be relayed');
        await pause(backoffMs(failures, { firstMs: 100, maxMs: 2000 }), lead.signal);
        // Readers list anew where the journal does not reach back, and so does this.
        if (error instanceof CompactedError) received = await this.#begin();
      }
    }
  }

  async #publishMissing(received: ReceivedRevisions, target: number): Promise<void> {
    const { store, log } = this.#options;
    while (received.position < target) {
      const after = received.position;
      const entries = await store.journalAfter(after, Math.min(PAGE, target - after));
      const last = entries.at(-1);
      if (!last) return;
      const missing = entries.filter(({ revision }) => !received.has(revision));
      if (missing.length > 0) {
        log.info({ first: missing[0]?.revision, count: missing.length }, 'publishing what its writers have not');
        await Promise.all(runsOf(missing).map((run) => publishEntries(this.#options, run)));
      }
      received.add({ first: after + 1, last: last.revision });
    }
  }

  async #compactSometimes(): Promise<void> {
    const { store, limits, log } = this.#options;
    if (Date.now() - this.#compactedAt < COMPACT_EVERY_MS) return;
    this.#compactedAt = Date.now();
    const upTo = await store.compact(limits ?? JOURNAL_LIMITS);
    log.debug({ upTo }, 'compacted the journal');
  }
}

/** Entries that follow each other, together. */
function runsOf(entries: JournalEntry[]): JournalEntry[][] {
  const runs: JournalEntry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run?.at(-1)?.revision === entry.revision - 1) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
