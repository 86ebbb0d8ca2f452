import { incarnationOf, type PodStatusItem, reportOrder } from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import { DataRefusedError, type Store } from '@everynode/store';
import type { EventRecorder } from '../events/event-recorder.js';
import { allSettled } from './all-settled.js';
import type { Refusals } from './refusals.js';
import type { Writes } from './report-audit.js';
import { readPodStatus } from './report-content.js';
import { ReportRefusedError } from './report-refused-error.js';
import { ReportedEvents } from './reported-events.js';
import { type Written, writeReport } from './write-report.js';

interface PodReportOptions {
  store: Store;
  nodes: ObjectCache<Stored<Node>>;
  recorder: EventRecorder;
  refusals: Refusals;
}

/** Writes the reports on pods, and records their events. */
export class PodReports {
  readonly #options: PodReportOptions;
  readonly #events: ReportedEvents;

  constructor(options: PodReportOptions) {
    this.#options = options;
    this.#events = new ReportedEvents(options.recorder);
  }

  /**
   * Writes the reports on pods of the agent's nodes. Returns those that a report of a later incarnation blocks, each
   * with its order. `foreign` has orders of reports that are another agent's: those block nothing. What was written is
   * added to `writes`.
   * @throws what the store throws.
   */
  async write(
    agent: string,
    items: readonly PodStatusItem[],
    incarnation: number,
    writes: Writes,
    foreign?: ReadonlyMap<PodStatusItem, number>,
  ): Promise<Map<PodStatusItem, number>> {
    const blocked = new Map<PodStatusItem, number>();
    const write = async (item: PodStatusItem): Promise<void> => {
      const written = await this.#write(agent, item, incarnation, foreign?.get(item));
      const { namespace, name } = item;
      if (written) writes.push({ resource: 'pods', namespace, name, outcome: written.outcome });
      if (written?.uid !== item.uid) return;
      const { stored } = written;
      if (stored > reportOrder(incarnation, item.sequence) && incarnationOf(stored) > incarnation) {
        blocked.set(item, stored);
      } else this.#events.record(eventsOf(item), incarnation, stored);
    };
    const hosted = await this.#hostedBy(agent, items, foreign ? 'store' : 'cache');
    await allSettled(hosted.map(write));
    return blocked;
  }

  /** Undefined for a report that is refused. Of one whose status breaks a rule the rest counts: that it has stopped. */
  async #write(
    agent: string,
    item: PodStatusItem,
    incarnation: number,
    foreign: number | undefined,
  ): Promise<Written | undefined> {
    const { store, refusals } = this.#options;
    const { status: _status, ...rest } = item;
    try {
      return await writeReport(store, readPodStatus(item), incarnation, foreign);
    } catch (err) {
      const what = `pod ${item.namespace}/${item.name}`;
      if (err instanceof DataRefusedError) refusals.noteOn(item.node, agent, 'data', what, err);
      else if (err instanceof ReportRefusedError) refusals.noteOn(item.node, agent, 'content', what, err);
      else throw err;
      return item.stopped && item.status ? await this.#write(agent, rest, incarnation, foreign) : undefined;
    }
  }

  /** Only the agent that hosts a node may report on its pods. Returns the items on nodes of the agent. */
  async #hostedBy(
    agent: string,
    items: readonly PodStatusItem[],
    source: 'cache' | 'store',
  ): Promise<readonly PodStatusItem[]> {
    const { nodes, store, refusals } = this.#options;
    const isCached = (node: string) => nodes.get('', node)?.record.placement === agent;
    const named = [...new Set(items.map(({ node }) => node))];
    // A node may have registered, or have gone to this agent, and this replica's cache may be behind.
    const unknown = source === 'store' ? named : named.filter((node) => !isCached(node));
    if (unknown.length === 0) return items;
    const key = (name: string) => ({ resource: 'nodes' as const, namespace: '', name });
    const known = (name: string) => nodes.get('', name)?.record;
    const found = await store.readIfChanged(
      unknown.map((name) => ({ ...key(name), known: known(name)?.revision ?? 0 })),
    );
    const foreign = new Set(
      unknown.filter((name, i) => {
        const stored = found[i];
        return (stored === 'same' ? known(name) : stored)?.placement !== agent;
      }),
    );
    for (const node of foreign) refusals.note(agent, 'foreign-node', { node });
    return items.filter(({ node }) => !foreign.has(node));
  }
}

const eventsOf = ({ namespace, name, uid, node, events, sequence }: PodStatusItem) => ({
  subject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
  host: node,
  events,
  sequence,
});
