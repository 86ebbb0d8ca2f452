import type { Bus } from '@everynode/bus';
import { askToResync, type Publishing, publishEntries } from '@everynode/change-feed';
import type { Reflector } from '@everynode/list-watch';
import { backoffMs, pause } from '@everynode/service-shell';
import { CompactedError, type RelayLead, type Store } from '@everynode/store';
import { agentsOfMovedNodes } from './moved-nodes.js';
import { ReceivedRevisions } from './received-revisions.js';
import { nextRelayMode, type RelayEvent, type RelayMode, STANDBY } from './relay-mode.js';
import { runsOf } from './runs-of.js';

/** Entries read from the journal at once. */
const PAGE = 1000;
/** How long a writer has to publish what it has committed, in ms. What a slow writer publishes must not come twice. */
const PATIENCE_MS = 500;
const COMPACT_EVERY_MS = 60_000;
/** Trouble of the bus that lasts longer than this makes the relay give up its lock, in ms. */
const CUT_OFF_MS = 1000;
const BACKOFF = { firstMs: 100, maxMs: 2000 };

/** How much of the journal is kept. */
interface JournalLimits {
  maxAgeSeconds: number;
  maxRows: number;
  minRows: number;
}

const JOURNAL_LIMITS: JournalLimits = { maxAgeSeconds: 3600, maxRows: 500_000, minRows: 10_000 };

export interface RelayOptions extends Publishing {
  bus: Bus;
  store: Store;
  /** Receives every message of the bus. */
  reflector: Reflector;
  signal: AbortSignal;
  limits?: JournalLimits;
}

/**
 * Publishes what its writers have not. A writer publishes its own commits; when it died before that, or the bus refused
 * them, the relay reads them from the journal and publishes them. One relay leads at a time, by an advisory lock in
 * Postgres. It also compacts the journal. The modes and their ways out: relay-mode.ts.
 */
export class Relay {
  readonly #options: RelayOptions;
  #mode: RelayMode = STANDBY;
  /** In ms on the monotonic clock. */
  #compactedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Works whenever this process holds the relay's lock. Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { store, bus, reflector, signal, log } = this.#options;
    const stopLosses = bus.onLost(() => this.#move({ type: 'streamsLost' }));
    const stopReceiving = reflector.onReceived((range) => {
      if (this.#mode.name !== 'standby') this.#mode.received.add(range);
    });
    const stopMoves = reflector.addListener({
      onChanges: (changes, revision) => {
        // A new relay asks all agents.
        if (this.#mode.name !== 'standby') void this.#askToResync(agentsOfMovedNodes(changes), revision);
      },
    });
    await store.leadRelay(signal, async (lead) => {
      log.info('this replica is the relay');
      try {
        await this.#elect();
        while (!lead.signal.aborted && !(await this.#isCutOff(lead))) await this.#step(lead);
      } finally {
        this.#move({ type: 'lost' });
      }
    });
    stopMoves();
    stopReceiving();
    stopLosses();
  }

  /** @throws what the store throws, and when `starting` fails: the lock is then given up. */
  async #elect(): Promise<void> {
    this.#move({ type: 'elected', received: new ReceivedRevisions(await this.#options.store.currentRevision()) });
  }

  /** True when the bus cannot be used from here. Another replica may be able to, so the lock is given up. */
  async #isCutOff(lead: RelayLead): Promise<boolean> {
    const { bus, log } = this.#options;
    if (bus.trouble === undefined) return false;
    await pause(CUT_OFF_MS, lead.signal);
    const { trouble } = bus;
    if (trouble === undefined || lead.signal.aborted) return false;
    log.info({ trouble }, 'the bus cannot be used, and this replica is no longer the relay');
    // While no replica has a bus, none leads for long, and the journal must not grow.
    await this.#compactSometimes();
    return true;
  }

  /** Does the work of the mode, and moves to the next. */
  async #step(lead: RelayLead): Promise<void> {
    const mode = this.#mode;
    switch (mode.name) {
      case 'standby':
        return;
      case 'starting':
        await this.#announce(mode.received.position);
        return this.#move({ type: 'started' });
      case 'following':
        return await this.#attempt(lead, async () => {
          await lead.waitForMore(mode.received.position);
          const target = lead.latest;
          if (target > mode.received.position) return { type: 'behind', target };
          await this.#compactSometimes();
          return { type: 'idle' };
        });
      case 'publishing':
        return await this.#attempt(lead, async () => {
          await pause(PATIENCE_MS, lead.signal);
          await this.#publishMissing(mode.received, mode.target);
          await this.#compactSometimes();
          return { type: 'published' };
        });
      case 'retrying':
        await pause(backoffMs(mode.failures, BACKOFF), lead.signal);
        // Readers list again where the journal does not reach back, and the relay begins again at its end.
        return mode.isCompacted ? await this.#elect() : this.#move({ type: 'retried' });
    }
  }

  async #attempt(lead: RelayLead, work: () => Promise<RelayEvent>): Promise<void> {
    try {
      this.#move(await work());
    } catch (error) {
      if (lead.signal.aborted) return;
      this.#move({ type: 'failed', isCompacted: error instanceof CompactedError });
      const failed = this.#mode.name === 'retrying' && {
        failures: this.#mode.failures,
        position: this.#mode.received.position,
      };
      this.#options.log.warn({ err: error, ...failed }, 'the journal could not be relayed');
    }
  }

  #move(event: RelayEvent): void {
    this.#mode = nextRelayMode(this.#mode, event);
  }

  /**
   * The relay before this one may have died with commits that were not published, and a whole rollout may wait for one
   * of them. The last change of the journal, published again, shows readers how far the journal reaches, so they read
   * what they lack. Agents cannot read the journal: each is asked to list its pods, also one whose last node was moved
   * to another agent while no relay led.
   */
  async #announce(revision: number): Promise<void> {
    if (revision === 0) return;
    const { store, reflector } = this.#options;
    const agents = new Set(await store.listAgents());
    for (const { record } of reflector.cache('nodes').list()) {
      if (record.placement !== null) agents.add(record.placement);
    }
    await Promise.all([
      publishEntries(this.#options, await store.journalAfter(revision - 1, 1)),
      ...[...agents].map((agent) => askToResync(this.#options, agent, revision)),
    ]);
  }

  /** An agent that the bus does not reach lists its pods when it is connected again. */
  async #askToResync(agents: ReadonlySet<string>, revision: number): Promise<void> {
    for (const agent of agents) {
      await askToResync(this.#options, agent, revision).catch((err: unknown) =>
        this.#options.log.warn({ err, agent }, 'an agent could not be asked to list its pods'),
      );
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
    if (performance.now() - this.#compactedAt < COMPACT_EVERY_MS) return;
    this.#compactedAt = performance.now();
    const upTo = await store.compact(limits ?? JOURNAL_LIMITS);
    log.debug({ upTo }, 'compacted the journal');
  }
}
