import type { Bus, Delivery } from '@everynode/bus';
import { eventType, parseEvent, subjects } from '@everynode/contract';
import type { HostedNode, ReportListener, Runtime } from '@everynode/pod-runtime';
import { coalesced, type Logger, pause } from '@everynode/service-shell';
import type { MachineHost } from './machine/machine-host.js';
import type { DrainOutcome } from './machine/shutdown.js';
import type { Fleet } from './nodes/fleet.js';
import { Heartbeats } from './nodes/heartbeats.js';
import { Registration } from './nodes/registration.js';
import { PodSync } from './pods/pod-sync.js';
import { StatusOutbox } from './pods/status-outbox.js';
import { SentMessages } from './reports/sent-messages.js';

export interface AgentOptions {
  agent: string;
  nodes: readonly HostedNode[];
  /** The machine that is the node of this agent, where its pods are real. */
  machine?: MachineHost;
  /** Which process of the agent this is; the store hands it out. */
  incarnation: number;
  heartbeatSeconds: number;
  bus: Pick<Bus, 'publish' | 'request' | 'subscribe' | 'listen'>;
  /** Makes the runtime. Its reports go to the control plane. */
  runtime: (onReport: ReportListener) => Runtime;
  log: Logger;
  signal: AbortSignal;
}

/** How long a store that does not answer holds up a shutdown, and how often is looked. */
const REPORTED_MS = 5000;
const LOOK_MS = 20;

/** What the process counts. */
interface AgentTallies {
  /** Messages with pod statuses that the bus has accepted. */
  reports: number;
  /** Commands that were not understood. */
  refused: number;
}

/**
 * Hosts nodes: registers them, sends their heartbeats, runs the pods that are assigned to them and reports those pods.
 * Everything travels over the bus and any of it may be lost. What the store has not acknowledged is sent again; and
 * whenever commands may have been lost, the agent registers again and asks for all pods that it has to run.
 *
 * Two processes may run with one name. The one that started last speaks for the nodes: the other one is then
 * `superseded`. It keeps what it runs, and sends nothing and carries out nothing until it is stopped. It does not end
 * by itself, because it would be started again, as the latest one.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #fleet: Fleet;
  readonly #heartbeats: Heartbeats;
  readonly #messages = new SentMessages();
  readonly #register: () => Promise<void>;
  readonly #registration: Registration;
  readonly #superseded = new AbortController();
  readonly #tasks: Promise<void>[] = [];
  readonly tallies: AgentTallies = { reports: 0, refused: 0 };
  readonly runtime: Runtime;
  readonly outbox: StatusOutbox;
  readonly sync: PodSync;
  #resets = 0;
  #registering: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    const { agent, nodes, machine, incarnation, bus, log } = options;
    this.#options = options;
    const signal = AbortSignal.any([options.signal, this.#superseded.signal]);
    this.#fleet = {
      agent,
      incarnation,
      startedAt: Date.now(),
      nodes,
      bus,
      log,
      signal,
      ...(machine && { machine: machine.node }),
    };
    this.#heartbeats = new Heartbeats(this.#fleet, options.heartbeatSeconds);
    const messages = this.#messages;
    this.outbox = new StatusOutbox({ incarnation, messages, log, signal, publish: (body) => this.#publish(body) });
    this.runtime = options.runtime((pod, report) => {
      if (report.stopped) this.sync.stopped(pod.metadata.uid);
      this.outbox.add(pod, report);
    });
    this.sync = new PodSync({
      agent,
      bus,
      runtime: this.runtime,
      nodes: new Map(nodes.map((node) => [node.name, node])),
      reportStopped: (pod) => this.outbox.addStopped(pod),
      onListed: (pods) => this.outbox.onListed(pods),
      onForgotten: (uid) => this.outbox.forget(uid),
      log,
      signal,
    });
    // Only now the list has the pods of these nodes.
    const registration = new Registration(this.#fleet, messages, () => void this.sync.resync());
    // A bus that resets again and again must not leave a row of registrations that all say the same.
    this.#register = coalesced(() => registration.register());
    this.#registration = registration;
    const report = coalesced(() => registration.report());
    if (machine) machine.node.onChange = () => void report();
  }

  /** Why the nodes of this process are not what the control plane knows; undefined when nothing is known against it. */
  get trouble(): string | undefined {
    return this.#superseded.signal.aborted
      ? `a process that started later speaks for agent ${this.#options.agent}`
      : undefined;
  }

  async #publish(body: string): Promise<void> {
    const { agent, bus } = this.#options;
    const event = { type: eventType('pod-status'), source: `/everynode/agent/${agent}` };
    await bus.publish(subjects.report(agent, 'pod-status'), event, body);
    this.tallies.reports += 1;
  }

  /** Registers the nodes and begins to follow commands. Resolves when the bus has accepted the registration. */
  async start(): Promise<void> {
    const { agent, bus } = this.#options;
    const { signal } = this.#fleet;
    bus.listen(subjects.receipt(agent, 'report-stored'), (body) => this.#onReceipt(body));
    bus.listen(subjects.receipt(agent, 'nodes-unhosted'), (body) => this.#onUnhosted(body));
    // They run, whether or not the control plane can be reached.
    for (const pod of this.runtime.found()) this.sync.found(pod);
    await this.#register();
    if (signal.aborted) return;
    this.#tasks.push(
      this.#heartbeats.run(),
      bus.subscribe(subjects.commandsOf(agent), {
        onReset: () => this.#onReset(),
        onMessage: (delivery) => this.#onCommand(delivery),
      }),
      this.sync.repeat(),
      ...(this.#options.machine?.tasks(signal) ?? []),
    );
  }

  /**
   * Ends all pods of a machine that shuts down. Resolves when they have ended, or their time is over, and the store has
   * the reports on them or does not answer.
   */
  async drain(): Promise<DrainOutcome> {
    const { machine } = this.#options;
    if (!machine) return { pods: 0, left: 0 };
    return machine.drain(() => this.#reported());
  }

  /** Resolves when the store has all that was reported, or has not answered for some time. */
  async #reported(): Promise<void> {
    const { signal } = this.#fleet;
    const until = performance.now() + REPORTED_MS;
    do await pause(LOOK_MS, signal);
    while (!signal.aborted && performance.now() < until && (this.#messages.size > 0 || this.outbox.waiting > 0));
  }

  /** Waits for what is under way. To be called after the signal has aborted. */
  async close(): Promise<void> {
    this.runtime.close();
    this.#messages.close();
    await Promise.all([...this.#tasks, this.#registering, this.outbox.flushed()]);
  }

  /** Delivery begins, or begins again: the bus may have come back empty. */
  #onReset(): void {
    if (this.#fleet.signal.aborted) return;
    void this.sync.resync();
    this.#resets += 1;
    if (this.#resets === 1) return;
    void this.#heartbeats.now();
    this.#messages.reset();
    this.#registering = this.#register();
  }

  #onReceipt(body: string): void {
    const { agent, incarnation, log } = this.#options;
    try {
      const receipt = parseEvent('report-stored', body);
      if (receipt.incarnation === incarnation) this.#messages.stored(receipt.message);
      else if (receipt.incarnation > incarnation && !this.#superseded.signal.aborted) {
        log.error({ agent, incarnation, latest: receipt.incarnation }, 'a process that started later has this name');
        this.#superseded.abort();
      }
    } catch (err) {
      log.warn({ err }, 'a receipt was not understood');
    }
  }

  #onUnhosted(body: string): void {
    if (this.#fleet.signal.aborted) return;
    try {
      const { nodes } = parseEvent('nodes-unhosted', body);
      const again = this.#registration.registerAgain(new Set(nodes));
      this.#registering = Promise.all([this.#registering, again]).then(() => undefined);
    } catch (err) {
      this.#options.log.warn({ err }, 'a receipt was not understood');
    }
  }

  #onCommand(delivery: Delivery): void {
    if (this.#fleet.signal.aborted) return;
    try {
      this.sync.command(delivery);
    } catch (err) {
      this.tallies.refused += 1;
      this.#options.log.warn({ err, subject: delivery.subject }, 'a command was not understood');
      void this.sync.resync();
    }
  }
}
