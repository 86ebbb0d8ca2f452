import type { Bus, Delivery, WorkLimits } from '@everynode/bus';
import {
  agentOfSubject,
  ContractError,
  consumers,
  incarnationOf,
  type NodeRegistered,
  type NodeRegistration,
  type PodStatusItem,
  type PodStatusReported,
  parseEvent,
  reportOrder,
} from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import { type Logger, withTrace } from '@everynode/service-shell';
import { DataRefusedError, type Store } from '@everynode/store';
import type { EventRecorder } from '../events/event-recorder.js';
import type { Incarnations } from './incarnations.js';
import { leaseOf } from './node-lease.js';
import { decideRegistration, NodeTakenError } from './node-registration.js';
import { Receipts } from './receipts.js';
import { ReportedEvents } from './reported-events.js';
import { type Written, writeReport } from './write-report.js';

export interface IngestOptions {
  store: Store;
  bus: Bus;
  nodes: ObjectCache;
  incarnations: Incarnations;
  recorder: EventRecorder;
  log: Logger;
  /** Called for each refusal, with its reason. */
  onRefused: (reason: string) => void;
}

/** So many are handled at once, so that their writes share group commits. The bytes are a second of writing. */
const LIMITS: WorkLimits = { messages: 64, bytes: 4_000_000 };

/**
 * Writes what agents report to Postgres. All replicas share one durable consumer; a message is acknowledged to the bus
 * and to its agent when all of it is committed, so a report is written at least once, and writing it twice changes
 * nothing. The agent sends again what was not acknowledged to it: the bus may lose what it has taken.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #receipts: Receipts;
  readonly #events: ReportedEvents;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#receipts = new Receipts(options);
    this.#events = new ReportedEvents(options.recorder);
  }

  /** Resolves when the signal of the bus aborts. */
  run(): Promise<void> {
    const { stream, durable } = consumers.ingest;
    return this.#options.bus.work(stream, durable, LIMITS, (delivery) =>
      withTrace('ingest', delivery.headers, () => this.#handle(delivery)),
    );
  }

  async #handle({ subject, body }: Delivery): Promise<void> {
    const { onRefused, log } = this.#options;
    // The subject names the sender: the credential of an agent allows it no other subject.
    const agent = agentOfSubject(subject);
    const event = subject.split('.').at(-1);
    try {
      if (agent === undefined) throw new ContractError(`no agent in subject ${subject}`);
      if (event === 'node-registered') await this.#registered(agent, parseEvent('node-registered', body));
      else if (event === 'pod-status') await this.#reported(agent, parseEvent('pod-status', body));
      else throw new ContractError(`unknown report ${subject}`);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      // The same message would fail again, so it is acknowledged and not delivered again.
      onRefused('contract');
      log.warn({ err: error, subject }, 'a report was refused');
      if (agent !== undefined) this.#receipts.refused(agent, body);
    }
  }

  async #registered(agent: string, { incarnation, message, nodes }: NodeRegistered): Promise<void> {
    if (await this.#isSuperseded(agent, incarnation)) return;
    const order = reportOrder(incarnation, message);
    const done = await Promise.all(nodes.map((registration) => this.#register(agent, registration, order)));
    // Without a receipt the agent registers again, some time later.
    if (done.every(Boolean)) this.#receipts.stored(agent, incarnation, message);
  }

  /** False when the node is another agent's, and that one is alive. */
  async #register(agent: string, registration: NodeRegistration, order: number): Promise<boolean> {
    const { store, log, onRefused } = this.#options;
    const now = Date.now();
    const { name } = registration;
    try {
      const { uid } = await store.write({
        key: { resource: 'nodes', namespace: '', name },
        reads: 'all-but-desired',
        decide: (current) => decideRegistration(current, registration, agent, now, order),
      });
      if (uid !== undefined) await store.write(leaseOf(name, uid, now));
    } catch (err) {
      if (err instanceof DataRefusedError) {
        this.#onRefusedData({ agent, node: name }, err);
        return true;
      }
      if (!(err instanceof NodeTakenError)) throw err;
      onRefused('node-taken');
      log.warn({ err }, 'an agent registered a node that another one hosts');
      return false;
    }
    return true;
  }

  async #reported(agent: string, { incarnation, message, pods }: PodStatusReported): Promise<void> {
    if (await this.#isSuperseded(agent, incarnation)) return;
    const hosted = await this.#hostedBy(agent, pods);
    const blocked = await this.#report(hosted, incarnation);
    // Blocked by a later process of this agent, or by what a former host of the node has reported.
    if (blocked.size > 0) {
      await this.#options.incarnations.refresh(agent);
      if (await this.#isSuperseded(agent, incarnation)) return;
      await this.#report(await this.#hostedBy(agent, [...blocked.keys()], 'store'), incarnation, blocked);
    }
    this.#receipts.stored(agent, incarnation, message);
  }

  /**
   * Writes the reports. Returns those that a report of a later incarnation blocks, each with its order. `foreign` has
   * orders of reports that are another agent's: those block nothing.
   */
  async #report(
    items: readonly PodStatusItem[],
    incarnation: number,
    foreign?: ReadonlyMap<PodStatusItem, number>,
  ): Promise<Map<PodStatusItem, number>> {
    const blocked = new Map<PodStatusItem, number>();
    const write = async (item: PodStatusItem): Promise<void> => {
      let written: Written;
      try {
        written = await writeReport(this.#options.store, item, incarnation, foreign?.get(item));
      } catch (err) {
        if (!(err instanceof DataRefusedError)) throw err;
        this.#onRefusedData({ node: item.node, namespace: item.namespace, pod: item.name }, err);
        return;
      }
      const { uid, stored } = written;
      if (uid !== item.uid) return;
      if (stored > reportOrder(incarnation, item.sequence) && incarnationOf(stored) > incarnation) {
        blocked.set(item, stored);
      } else this.#events.record(item, incarnation, stored);
    };
    await Promise.all(items.map(write));
    return blocked;
  }

  /** What the store cannot hold would be refused again: it counts as handled. */
  #onRefusedData(subject: Record<string, string>, err: DataRefusedError): void {
    this.#options.onRefused('data');
    this.#options.log.warn({ err, ...subject }, 'what an agent reported was refused');
  }

  /** True when a later process of the agent speaks for its nodes. The earlier one learns of it. */
  async #isSuperseded(agent: string, incarnation: number): Promise<boolean> {
    const latest = await this.#options.incarnations.latest(agent, incarnation);
    if (latest === incarnation) return false;
    this.#options.onRefused('superseded');
    this.#receipts.superseded(agent, incarnation, latest);
    return true;
  }

  /** Only the agent that hosts a node may report on its pods. Returns the items on nodes of the agent. */
  async #hostedBy(
    agent: string,
    items: readonly PodStatusItem[],
    source: 'cache' | 'store' = 'cache',
  ): Promise<PodStatusItem[]> {
    const named = [...new Set(items.map(({ node }) => node))];
    const verdicts = await Promise.all(named.map((node) => this.#isHosted(agent, node, source)));
    const hosted = new Set(named.filter((_node, i) => verdicts[i]));
    return items.filter(({ node }) => hosted.has(node));
  }

  async #isHosted(agent: string, node: string, source: 'cache' | 'store'): Promise<boolean> {
    const { nodes, store, log, onRefused } = this.#options;
    if (source === 'cache' && nodes.get('', node)?.record.placement === agent) return true;
    // The node may have registered, or have gone to this agent, and this replica's cache may be behind.
    const record = await store.get('nodes', '', node);
    if (record?.placement === agent) return true;
    onRefused('foreign-node');
    log.warn({ agent, node, host: record?.placement }, 'an agent reported on a node that it does not host');
    return false;
  }
}
