import { type Bus, NDJSON_TYPE } from '@everynode/bus';
import {
  encodeChange,
  eventType,
  isAgentName,
  type JournalEntry,
  type ManifestApplied,
  type PodTerminating,
  subjects,
} from '@everynode/contract';
import { backoffMs, type Logger, pause } from '@everynode/service-shell';
import type { RelayLead, Store } from '@everynode/store';
import { type AgentCommands, assignedBody, commandsFrom } from './agent-commands.js';
import { OwnCommits } from './own-commits.js';

/** Entries read from the journal at once. */
const PAGE = 1000;
/** A message's body stays below this, so that it fits a server with the default limit of 1 MiB. */
const MAX_BODY = 700_000;
/** An object above this goes by no message at all; readers see the hole and take it from the journal. */
const MAX_OBJECT = 900_000;
/** Asked for news this often even when no notification came. */
const POLL_MS = 1000;
const COMPACT_EVERY_MS = 60_000;

const SOURCE = '/everynode/relay';

/** How much of the journal is kept. */
export interface JournalLimits {
  maxAgeSeconds: number;
  maxRows: number;
  minRows: number;
}

export const JOURNAL_LIMITS: JournalLimits = { maxAgeSeconds: 3600, maxRows: 500_000, minRows: 10_000 };

export interface RelayOptions {
  store: Store;
  bus: Bus;
  log: Logger;
  signal: AbortSignal;
  limits?: JournalLimits;
}

/**
 * Carries the journal to the bus in revision order. One relay works at a time (an advisory lock in Postgres); a new one
 * begins at the present end of the journal, and sees to it that whoever missed something before looks for it.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #own = new OwnCommits();
  #position = -1;
  #nodes = new Map<string, string>();
  #compactedAt = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Works whenever this process is the one relay. Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { store, signal, log } = this.#options;
    await store.leadRelay(signal, async (lead) => {
      log.info('this replica is the relay');
      const stopListening = store.followOwnCommits((batch) => {
        this.#own.add(batch);
        lead.heard(batch.first + batch.entries.length - 1);
      });
      try {
        await this.#begin();
        await this.#follow(lead);
      } finally {
        stopListening();
        this.#own.clear();
      }
    });
  }

  async #begin(): Promise<void> {
    const nodes = new Map<string, string>();
    // The map and the position come from one snapshot, so the first entry after it finds the map as it was.
    const revision = await this.#options.store.readSnapshot(['nodes'], (page) => {
      for (const node of page) if (node.placement !== null) nodes.set(node.name, node.placement);
    });
    this.#nodes = nodes;
    this.#position = revision;
    await this.#makeUpForTheLast(revision);
  }

  /**
   * The relay before this one may have died with commits that it had not passed on, and in a rollout all may now wait for one
   * of them. Its last change says to readers how far the journal reaches, so those who lack some read it; agents, who cannot,
   * are told by an assignment of nothing to ask for their lists.
   */
  async #makeUpForTheLast(revision: number): Promise<void> {
    if (revision === 0) return;
    const last = await this.#options.store.journalAfter(revision - 1, 1);
    const agents = [...new Set(this.#nodes.values())];
    await Promise.all([
      ...this.#publishChanges(last),
      ...agents.filter(isAgentName).map((agent) => this.#tellToAsk(agent, revision)),
    ]);
  }

  #tellToAsk(agent: string, revision: number): Promise<void> {
    const event = { type: eventType('pod-assigned'), source: SOURCE, id: `relay-${agent}-${revision}` };
    return this.#options.bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, []));
  }

  async #follow(lead: RelayLead): Promise<void> {
    const { log } = this.#options;
    for (let failures = 0; !lead.signal.aborted; ) {
      try {
        const count = await this.#relayPage();
        failures = 0;
        if (count < PAGE) {
          await this.#compactSometimes();
          await lead.waitForMore(this.#position, POLL_MS);
        }
      } catch (error) {
        if (lead.signal.aborted) return;
        failures += 1;
        log.warn({ err: error, failures, position: this.#position }, 'the journal could not be relayed');
        await pause(backoffMs(failures, { firstMs: 100, maxMs: 2000 }), lead.signal);
        // What was published of this page is published again; message ids and revisions make that harmless.
      }
    }
  }

  async #relayPage(): Promise<number> {
    const { store } = this.#options;
    const own = this.#own.takeAfter(this.#position, PAGE);
    const entries = own.length > 0 ? own : await store.journalAfter(this.#position, PAGE);
    const last = entries.at(-1);
    if (!last) return 0;
    const nodes = new Map(this.#nodes);
    const commands = commandsFrom(entries, nodes);
    // Each publish is on its way before the next; together they cost one round trip.
    await Promise.all([
      ...this.#publishChanges(entries),
      ...commands.flatMap((forAgent) => this.#publishCommands(forAgent, last.revision)),
      ...entries.filter(isManifest).map((entry) => this.#publishManifest(entry)),
    ]);
    this.#nodes = nodes;
    this.#position = last.revision;
    return entries.length;
  }

  #publishChanges(entries: JournalEntry[]): Promise<void>[] {
    return chunksBySize(entries.map(encodeChange)).map(({ from, texts }) => {
      const first = entries[from]?.revision ?? 0;
      const id = `${first}-${first + texts.length - 1}`;
      const event = {
        type: eventType('objects-changed'),
        source: SOURCE,
        id: `changes-${id}`,
        contentType: NDJSON_TYPE,
      };
      return this.#options.bus.publish(subjects.objectsChanged, event, texts.join(''));
    });
  }

  #publishCommands({ agent, assigned, terminating }: AgentCommands, revision: number): Promise<void>[] {
    if (!isAgentName(agent)) {
      this.#options.log.warn({ agent }, 'a node names an agent that cannot exist');
      return [];
    }
    const published: Promise<void>[] = [];
    for (const { from, texts } of chunksBySize(assigned)) {
      const event = { type: eventType('pod-assigned'), source: SOURCE, id: `assigned-${agent}-${revision}-${from}` };
      published.push(
        this.#options.bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, texts)),
      );
    }
    for (const { from, texts } of chunksBySize(terminating.map((pod) => JSON.stringify(pod)))) {
      const event = {
        type: eventType('pod-terminating'),
        source: SOURCE,
        id: `terminating-${agent}-${revision}-${from}`,
      };
      const body: PodTerminating = { revision, pods: terminating.slice(from, from + texts.length) };
      published.push(
        this.#options.bus.publish(subjects.command(agent, 'pod-terminating'), event, JSON.stringify(body)),
      );
    }
    return published;
  }

  #publishManifest(entry: JournalEntry): Promise<void> {
    const { resource, namespace, name, uid, revision } = entry;
    const operation = entry.type === 'ADDED' ? 'created' : entry.type === 'DELETED' ? 'deleted' : 'updated';
    const body: ManifestApplied = { resource, namespace, name, uid, revision, operation };
    return this.#options.bus.publish(
      subjects.manifestApplied(resource, namespace),
      {
        type: eventType('manifest-applied'),
        source: SOURCE,
        id: `manifest-${revision}`,
        subject: `${namespace}/${name}`,
      },
      JSON.stringify(body),
    );
  }

  async #compactSometimes(): Promise<void> {
    const { store, limits, log } = this.#options;
    if (Date.now() - this.#compactedAt < COMPACT_EVERY_MS) return;
    this.#compactedAt = Date.now();
    const upTo = await store.compact(limits ?? JOURNAL_LIMITS);
    log.debug({ upTo }, 'compacted the journal');
  }
}

/** Desired state of a user: DaemonSets whose manifest changed. Status writes are none. */
function isManifest(entry: JournalEntry): boolean {
  return (
    entry.resource === 'daemonsets.apps' &&
    (entry.type !== 'MODIFIED' || entry.changed.desired || entry.changed.metadata)
  );
}

/** Cuts texts into runs that fit a message. `from` is the index of a run's first text. */
function chunksBySize(texts: string[]): { from: number; texts: string[] }[] {
  const chunks: { from: number; texts: string[] }[] = [];
  let size = 0;
  let next = 0;
  texts.forEach((text, index) => {
    const length = Buffer.byteLength(text);
    if (length > MAX_OBJECT) return;
    const current = chunks.at(-1);
    if (!current || index !== next || size + length > MAX_BODY) {
      chunks.push({ from: index, texts: [text] });
      size = length;
    } else {
      current.texts.push(text);
      size += length;
    }
    next = index + 1;
  });
  return chunks;
}
