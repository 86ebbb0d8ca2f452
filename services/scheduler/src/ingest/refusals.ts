import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';
import { LRUCache } from 'lru-cache';
import type { EventRecorder } from '../events/event-recorder.js';
import { nodeSubject } from '../events/event-subject.js';

/**
 * Why a report, or an item of one, was not taken.
 *
 * - `contract`: it does not match its schema.
 * - `content`: its status, names or labels break a rule of the API.
 * - `data`: Postgres cannot hold it.
 * - `foreign-node`: it is about a node that the agent does not host.
 * - `not-enrolled`: it registers a node that the agent was not enrolled for.
 * - `node-taken`: it registers a node that another agent hosts.
 * - `superseded`: a later process of the agent speaks for its nodes.
 * - `ahead`: its incarnation was not handed out.
 * - `given-up`: it failed too often, or its agent has sent too many.
 */
export type Refusal =
  | 'contract'
  | 'content'
  | 'data'
  | 'foreign-node'
  | 'not-enrolled'
  | 'node-taken'
  | 'superseded'
  | 'ahead'
  | 'given-up';

export interface RefusalOptions {
  log: Logger;
  recorder: EventRecorder;
  nodes: ObjectCache<Stored<Node>>;
  /** Counts refusals. */
  onRefused: (reason: Refusal, agent: string) => void;
}

/**
 * One line of log for a reason and an agent in this time, in ms, and one Event for a node of it: an agent may send a
 * thousand bad reports a second.
 */
const SAY_EVERY_MS = 10_000;
const MAX_MESSAGE = 512;

/** Counts what is refused, and says so: in the log, and where a node of the agent is concerned in an Event on it. */
export class Refusals {
  readonly #options: RefusalOptions;
  readonly #said = new LRUCache<string, true>({ max: 10_000, ttl: SAY_EVERY_MS });

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  note(agent: string, reason: Refusal, facts: Record<string, unknown>): void {
    this.#options.onRefused(reason, agent);
    if (!this.#isNew(`${agent} ${reason}`)) return;
    const text = 'a report was refused; more of this agent, for the same reason, are only counted for a while';
    this.#options.log.warn({ agent, reason, ...facts }, text);
  }

  /** The same for a report that concerns a node of the agent, with an Event on the node. */
  noteOn(node: string, agent: string, reason: Refusal, what: string, err: Error): void {
    this.note(agent, reason, { node, what, err });
    const record = this.#options.nodes.get('', node)?.record;
    if (record?.placement !== agent || !this.#isNew(`${agent} ${reason} ${node}`)) return;
    this.#options.recorder.record({
      subject: nodeSubject({ name: node, uid: record.uid }),
      type: 'Warning',
      reason: 'ReportRefused',
      message: `${what}: ${err.message}`.slice(0, MAX_MESSAGE),
      component: 'everynode-ingest',
      host: node,
    });
  }

  #isNew(key: string): boolean {
    if (this.#said.has(key)) return false;
    this.#said.set(key, true);
    return true;
  }
}
