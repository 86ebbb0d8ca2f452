import type { Bus, Delivery } from '@everynode/bus';
import { eventType, streams, subjects } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';
import type { Fleet } from './nodes/fleet.js';
import { Heartbeats } from './nodes/heartbeats.js';
import type { HostedNode } from './nodes/hosted-nodes.js';
import { registerNodes } from './nodes/registration.js';
import { PodSync } from './pods/pod-sync.js';
import { StatusOutbox } from './pods/status-outbox.js';
import type { ReportListener, Runtime } from './runtime/runtime.js';

export interface AgentOptions {
  agent: string;
  nodes: readonly HostedNode[];
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  heartbeatSeconds: number;
  bus: Pick<Bus, 'publish' | 'request' | 'follow'>;
  /** Makes the runtime. Its reports go to the control plane. */
  runtime: (onReport: ReportListener) => Runtime;
  log: Logger;
  signal: AbortSignal;
}

/** What the process counts. */
interface AgentTallies {
  /** Messages with pod statuses that the bus has accepted. */
  reports: number;
  /** Commands that were not understood. */
  refused: number;
}

/**
 * Hosts nodes: registers them, sends their heartbeats, runs the pods that are assigned to them and reports those pods.
 * Everything travels over the bus and any of it may be lost. Whenever commands may have been lost, the agent sends all
 * that it has to send again (nodes, a heartbeat, the status of each pod), and asks for all pods that it has to run.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #fleet: Fleet;
  readonly #heartbeats: Heartbeats;
  readonly #tasks: Promise<void>[] = [];
  readonly tallies: AgentTallies = { reports: 0, refused: 0 };
  readonly runtime: Runtime;
  readonly outbox: StatusOutbox;
  readonly sync: PodSync;
  #resets = 0;
  #registering: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    const { agent, nodes, incarnation, bus, log, signal } = options;
    this.#options = options;
    this.#fleet = { agent, incarnation, nodes, bus, log, signal };
    this.#heartbeats = new Heartbeats(this.#fleet, options.heartbeatSeconds);
    this.outbox = new StatusOutbox({ incarnation, log, signal, publish: (body) => this.#publish(body) });
    this.runtime = options.runtime((pod, report) => {
      if (report.stopped) this.sync.stopped(pod.metadata.uid);
      this.outbox.add(pod, report);
    });
    this.sync = new PodSync({
      agent,
      bus,
      runtime: this.runtime,
      nodes: new Map(nodes.map((node) => [node.name, node])),
      reportStopped: ({ namespace, name, uid, node }) => this.outbox.addStopped({ namespace, name, uid, node }),
      onForgotten: (uid) => this.outbox.forget(uid),
      log,
      signal,
    });
  }

  async #publish(body: string): Promise<void> {
    const { agent, bus } = this.#options;
    const event = { type: eventType('pod-status'), source: `/everynode/agent/${agent}` };
    await bus.publish(subjects.report(agent, 'pod-status'), event, body);
    this.tallies.reports += 1;
  }

  /** Registers the nodes and begins to follow commands. Resolves when the bus has accepted the registration. */
  async start(): Promise<void> {
    const { agent, bus, signal } = this.#options;
    await registerNodes(this.#fleet);
    if (signal.aborted) return;
    this.#tasks.push(
      this.#heartbeats.run(),
      bus.follow(streams.commands.name, subjects.commandsOf(agent), {
        onReset: () => this.#onReset(),
        onMessage: (delivery) => this.#onCommand(delivery),
      }),
      this.sync.repeat(),
    );
  }

  /** Waits for what is under way. To be called after the signal has aborted. */
  async close(): Promise<void> {
    this.runtime.close();
    await Promise.all([...this.#tasks, this.#registering, this.outbox.flushed()]);
  }

  #onReset(): void {
    void this.sync.resync();
    this.#resets += 1;
    if (this.#resets === 1) return;
    // The bus may have come back empty, without reports that no scheduler had read.
    void this.#heartbeats.now();
    this.#registering = this.#registering.then(() => registerNodes(this.#fleet));
    this.outbox.repeatAll();
  }

  #onCommand(delivery: Delivery): void {
    try {
      this.sync.command(delivery);
    } catch (err) {
      this.tallies.refused += 1;
      this.#options.log.warn({ err, subject: delivery.subject }, 'a command was not understood');
      void this.sync.resync();
    }
  }
}
