import { eventType, type NodeRegistered, subjects } from '@everynode/contract';
import { type HostedNode, nodeStatus } from '@everynode/pod-runtime';
import { retryUntilDone } from '@everynode/service-shell';
import type { NodeOccurrence } from '../machine/machine-node.js';
import type { SentMessages } from '../reports/sent-messages.js';
import { chunks } from './chunks.js';
import type { Fleet } from './fleet.js';

const NODES_A_MESSAGE = 200;
/** Events of a node in one message, as the contract has it. */
const MAX_EVENTS = 100;

/** Nodes that are registered with one message. */
interface Chunk {
  nodes: readonly HostedNode[];
  /** Events of the node that is this machine, each with the first message that has it. The store may not have them. */
  events: (NodeOccurrence & { sequence: number })[];
  /** The message that is on its way or not acknowledged. */
  message: number | undefined;
  losses: number;
}

/**
 * Registers all nodes with the control plane, and again what the store has not acknowledged. A node that another agent
 * hosts is not acknowledged before that agent is gone. To register what is registered changes nothing.
 */
export class Registration {
  readonly #fleet: Fleet;
  readonly #sent: SentMessages;
  readonly #chunks: Chunk[];
  readonly #onRegistered: () => void;

  /** `onRegistered` is called each time that the store has all nodes. */
  constructor(fleet: Fleet, sent: SentMessages, onRegistered: () => void) {
    this.#fleet = fleet;
    this.#sent = sent;
    this.#onRegistered = onRegistered;
    this.#chunks = chunks(fleet.nodes, NODES_A_MESSAGE).map((nodes) => ({
      nodes,
      events: [],
      message: undefined,
      losses: 0,
    }));
  }

  /** Sends all of it. Resolves when the bus has accepted every message, or when the signal aborts. */
  async register(): Promise<void> {
    const { nodes, log, signal } = this.#fleet;
    for (const chunk of this.#chunks) {
      chunk.losses = 0;
      await this.#send(chunk);
    }
    if (!signal.aborted) log.info({ nodes: nodes.length }, 'nodes registered');
  }

  /** Sends what has these nodes in it: they were deleted and made again. Nodes of others are left out. */
  async registerAgain(names: ReadonlySet<string>): Promise<void> {
    for (const chunk of this.#chunks) {
      // What is on its way names them too.
      if (chunk.message !== undefined || !chunk.nodes.some(({ name }) => names.has(name))) continue;
      chunk.losses = 0;
      await this.#send(chunk);
    }
  }

  /** Sends what the nodes are now. Resolves when the bus has it, or when the signal aborts. */
  async report(): Promise<void> {
    for (const chunk of this.#chunks) await this.#send(chunk);
  }

  async #send(chunk: Chunk): Promise<void> {
    const { agent, incarnation, startedAt, machine, bus, log, signal } = this.#fleet;
    if (chunk.message !== undefined) this.#sent.withdraw(chunk.message);
    const message = this.#sent.add(
      {
        onStored: () => {
          chunk.events = chunk.events.filter(({ sequence }) => sequence > message);
          this.#onStored(chunk);
        },
        onLost: (loss) => {
          chunk.losses += 1;
          // After a reset all nodes are registered again in any case.
          if (loss !== 'reset' && !signal.aborted) void this.#send(chunk);
        },
      },
      chunk.losses,
    );
    chunk.message = message;
    for (const event of machine?.takeOccurrences() ?? []) chunk.events.push({ ...event, sequence: message });
    chunk.events.splice(0, chunk.events.length - MAX_EVENTS);
    const body: NodeRegistered = {
      incarnation,
      message,
      nodes: chunk.nodes.map((node) => ({
        name: node.name,
        labels: node.labels,
        ...(Object.keys(node.annotations).length > 0 && { annotations: node.annotations }),
        taints: node.taints,
        status: (machine?.status(node) ?? nodeStatus(node, startedAt)) as Record<string, unknown>,
        ...(chunk.events.length > 0 && { events: chunk.events }),
      })),
    };
    const event = { type: eventType('node-registered'), source: `/everynode/agent/${agent}` };
    await retryUntilDone(() => bus.publish(subjects.report(agent, 'node-registered'), event, JSON.stringify(body)), {
      signal,
      onFailure: (err, failures) => log.warn({ err, failures }, 'nodes could not be registered'),
    });
    this.#sent.accepted(message);
  }

  #onStored(chunk: Chunk): void {
    chunk.message = undefined;
    chunk.losses = 0;
    if (this.#chunks.every(({ message }) => message === undefined)) this.#onRegistered();
  }
}
