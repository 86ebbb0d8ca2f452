import { type NodeRegistered, type NodeRegistration, reportOrder } from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import { DataRefusedError, type Store } from '@everynode/store';
import type { EventRecorder } from '../events/event-recorder.js';
import { nodeSubject } from '../events/event-subject.js';
import { allSettled } from './all-settled.js';
import type { Enrolments } from './enrolments.js';
import { leaseOf } from './node-lease.js';
import { decideRegistration, NodeTakenError } from './node-registration.js';
import type { Refusals } from './refusals.js';
import type { Writes } from './report-audit.js';
import { checkedDecision, MAX_NODE_STATUS, readRegistration } from './report-content.js';
import { ReportRefusedError } from './report-refused-error.js';
import { ReportedEvents } from './reported-events.js';

/** Which report it is. */
type ReportHead = Pick<NodeRegistered, 'incarnation' | 'message'>;

interface RegistrationOptions {
  store: Store;
  nodes: ObjectCache<Stored<Node>>;
  enrolments: Enrolments;
  recorder: EventRecorder;
  refusals: Refusals;
}

/** Writes the registrations of nodes: the Node, and its lease. It records their events. */
export class NodeRegistrations {
  readonly #options: RegistrationOptions;
  readonly #events: ReportedEvents;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#events = new ReportedEvents(options.recorder);
  }

  /**
   * Resolves to false when one of the nodes is another agent's, or the agent is not enrolled for it: without a receipt
   * the agent registers again, some time later, and has the node once an administrator has moved it. What breaks a rule
   * is refused for good, and counts as done. What was written is added to `writes`.
   * @throws what the store throws.
   */
  async register(agent: string, report: NodeRegistered, writes: Writes): Promise<boolean> {
    const { enrolments, refusals } = this.#options;
    const mayHost = await enrolments.of(agent);
    const { nodes: sent, ...head } = report;
    const others = sent.filter(({ name }) => !mayHost(name));
    for (const { name } of others) refusals.note(agent, 'not-enrolled', { node: name });
    const own = sent.filter(({ name }) => mayHost(name));
    const done = await allSettled(own.map((registration) => this.#register(agent, registration, head, writes)));
    return others.length === 0 && done.every(Boolean);
  }

  async #register(
    agent: string,
    sent: NodeRegistration,
    { incarnation, message }: ReportHead,
    writes: Writes,
  ): Promise<boolean> {
    const { store, refusals } = this.#options;
    const { name } = sent;
    try {
      this.#checkHost(agent, name);
      const { registration, refusedLabels } = readRegistration(sent);
      if (refusedLabels.length > 0) {
        const error = new ReportRefusedError(`a node may not give itself the labels ${refusedLabels.join(', ')}`);
        refusals.noteOn(name, agent, 'content', 'labels of the registration were left out', error);
      }
      const now = Date.now();
      const order = reportOrder(incarnation, message);
      let stored = 0;
      const { uid, outcome } = await store.write({
        key: { resource: 'nodes', namespace: '', name },
        reads: 'all-but-desired',
        decide: (current) => {
          stored = current?.sequence ?? 0;
          return checkedDecision(decideRegistration(current, registration, agent, now, order), MAX_NODE_STATUS);
        },
      });
      writes.push({ resource: 'nodes', namespace: '', name, outcome });
      if (uid === undefined) return true;
      const events = { subject: nodeSubject({ name, uid }), host: name, events: sent.events, sequence: message };
      this.#events.record(events, incarnation, stored);
      const lease = leaseOf(name, uid, now);
      const { outcome: ofLease } = await store.write(lease);
      writes.push({ resource: 'leases', namespace: lease.key.namespace, name, outcome: ofLease });
      return true;
    } catch (err) {
      if (err instanceof NodeTakenError) {
        refusals.note(agent, 'node-taken', { node: name, host: err.host });
        return false;
      }
      if (err instanceof ReportRefusedError) refusals.noteOn(name, agent, 'content', 'the registration', err);
      else if (err instanceof DataRefusedError) refusals.note(agent, 'data', { node: name, err });
      else throw err;
      return true;
    }
  }

  /**
   * Refuses what the cache shows to be another agent's, before it costs a write. A cache that is behind refuses a node
   * that has just been moved or deleted: the agent registers it again.
   */
  #checkHost(agent: string, name: string): void {
    const host = this.#options.nodes.get('', name)?.record.placement ?? agent;
    if (host !== agent) throw new NodeTakenError(name, host, agent);
  }
}
