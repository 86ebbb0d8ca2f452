import type { Bus, Delivery, WorkLimits } from '@everynode/bus';
import {
  agentOfSubject,
  ContractError,
  consumers,
  type NodeRegistered,
  type PodStatusReported,
  parseEvent,
} from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import { type Logger, withTrace } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { EventRecorder } from '../events/event-recorder.js';
import { leaseOf } from './node-lease.js';
import { decideRegistration } from './node-registration.js';
import { decidePodStatus, decidePodStopped, reportSequence } from './pod-status.js';

export interface IngestOptions {
  store: Store;
  bus: Bus;
  nodes: ObjectCache;
  recorder: EventRecorder;
  log: Logger;
  /** Called for each refusal, with its reason. */
  onRefused: (reason: string) => void;
}

/** So many are handled at once, so that their writes share group commits. The bytes are a second of writing. */
const LIMITS: WorkLimits = { messages: 64, bytes: 4_000_000 };

/**
 * Writes what agents report to Postgres. All replicas share one durable consumer; a message is acknowledged when all of
 * it is committed, so a report is written at least once, and writing it twice changes nothing.
 */
export class Ingest {
  readonly #options: IngestOptions;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Resolves when the signal of the bus aborts. */
  run(): Promise<void> {
    const { stream, durable } = consumers.ingest;
    return this.#options.bus.work(stream, durable, LIMITS, (delivery) =>
      withTrace('ingest', delivery.headers, () => this.#handle(delivery)),
    );
  }

  async #handle(delivery: Delivery): Promise<void> {
    // The subject names the sender: the credential of an agent allows it no other subject.
    const agent = agentOfSubject(delivery.subject);
    const event = delivery.subject.split('.').at(-1);
    try {
      if (agent === undefined) throw new ContractError(`no agent in subject ${delivery.subject}`);
      if (event === 'node-registered') await this.#register(agent, parseEvent('node-registered', delivery.body));
      else if (event === 'pod-status') await this.#report(agent, parseEvent('pod-status', delivery.body));
      else throw new ContractError(`unknown report ${delivery.subject}`);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      // The same message would fail again, so it is acknowledged and not delivered again.
      this.#options.onRefused('contract');
      this.#options.log.warn({ err: error, subject: delivery.subject }, 'a report was refused');
    }
  }

  async #register(agent: string, { nodes }: NodeRegistered): Promise<void> {
    const { store } = this.#options;
    const now = Date.now();
    await Promise.all(
      nodes.map(async (registration) => {
        const written = await store.write({
          key: { resource: 'nodes', namespace: '', name: registration.name },
          reads: 'all',
          decide: (current) => decideRegistration(current, registration, agent, now),
        });
        if (written.uid !== undefined) await store.write(leaseOf(registration.name, written.uid, now));
      }),
    );
  }

  async #report(agent: string, { incarnation, pods }: PodStatusReported): Promise<void> {
    const { store, recorder } = this.#options;
    const named = [...new Set(pods.map((item) => item.node))];
    const verdicts = await Promise.all(named.map((node) => this.#isHosted(agent, node)));
    const hosted = new Set(named.filter((_node, i) => verdicts[i]));
    await Promise.all(
      pods.map(async (item) => {
        if (!hosted.has(item.node)) return;
        const order = reportSequence(incarnation, item.sequence);
        const key = { resource: 'pods' as const, namespace: item.namespace, name: item.name };
        const written = await (item.stopped
          ? store.write({ key, reads: 'all-but-desired', decide: (current) => decidePodStopped(current, item, order) })
          : store.write({ key, reads: 'observed', decide: (current) => decidePodStatus(current, item, order) }));
        if (written.uid !== item.uid) return;
        for (const { type, reason, message, fieldPath, at } of item.events ?? []) {
          recorder.record({
            subject: {
              apiVersion: 'v1',
              kind: 'Pod',
              namespace: item.namespace,
              name: item.name,
              uid: item.uid,
              ...(fieldPath !== undefined && { fieldPath }),
            },
            type,
            reason,
            message,
            component: 'kubelet',
            host: item.node,
            atMs: Date.parse(at) || Date.now(),
          });
        }
      }),
    );
  }

  /** Only the agent that hosts a node may report on its pods. */
  async #isHosted(agent: string, node: string): Promise<boolean> {
    const { nodes, store, log, onRefused } = this.#options;
    // A node may have registered a moment ago, and this replica's cache may not have it yet.
    const record = nodes.get('', node)?.record ?? (await store.get('nodes', '', node));
    if (record?.placement === agent) return true;
    onRefused('foreign-node');
    log.warn({ agent, node, host: record?.placement }, 'an agent reported on a node that it does not host');
    return false;
  }
}
