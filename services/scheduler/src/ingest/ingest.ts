import type { Bus, Delivery, WorkLimits } from '@everynode/bus';
import {
  agentOfSubject,
  ContractError,
  consumers,
  type NodeRegistered,
  type PodStatusReported,
  parseReport,
} from '@everynode/contract';
import { withTrace } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { AgentLimits } from './agent-limits.js';
import type { Enrolments } from './enrolments.js';
import type { Incarnations } from './incarnations.js';
import { NodeRegistrations } from './node-registrations.js';
import { PodReports } from './pod-reports.js';
import { Receipts } from './receipts.js';
import { type RefusalOptions, Refusals } from './refusals.js';
import type { ReportAudit, Writes } from './report-audit.js';

export interface IngestOptions extends RefusalOptions {
  store: Store;
  bus: Bus;
  incarnations: Incarnations;
  enrolments: Enrolments;
  limits: AgentLimits;
  /** Records what reports have written; undefined: nothing is recorded. */
  audit: ReportAudit | undefined;
}

/** So many are handled at once, so that their writes share group commits. The bytes are a second of writing. */
const LIMITS: WorkLimits = { messages: 64, bytes: 4_000_000, tries: consumers.ingest.maxDeliver };

/**
 * Writes what agents report to Postgres. All replicas share one durable consumer; a message is acknowledged to the bus
 * and to its agent when all of it is committed, so a report is written at least once, and writing it twice changes
 * nothing. The agent sends again what was not acknowledged to it: the bus may lose what it has taken.
 *
 * What would be refused again is acknowledged as well, and counted. Only an outage makes a message come again.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #receipts: Receipts;
  readonly #refusals: Refusals;
  readonly #registrations: NodeRegistrations;
  readonly #pods: PodReports;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#receipts = new Receipts(options);
    this.#refusals = new Refusals(options);
    this.#registrations = new NodeRegistrations({ ...options, refusals: this.#refusals });
    this.#pods = new PodReports({ ...options, refusals: this.#refusals });
  }

  /** Resolves when the signal of the bus aborts. */
  run(): Promise<void> {
    const { stream, durable } = consumers.ingest;
    const { bus, limits } = this.#options;
    return bus.work(stream, durable, LIMITS, {
      handle: (delivery) => withTrace('ingest', delivery.headers, () => this.#handle(delivery)),
      waitMs: (subject, bytes) => limits.reportWaitMs(agentOfSubject(subject) ?? '', eventOf(subject), bytes),
      onLimited: (subject, what) => limits.onReportLimited(agentOfSubject(subject) ?? '', eventOf(subject), what),
      onGivenUp: ({ subject }) => void this.#refusals.note(agentOfSubject(subject) ?? '', 'given-up', { subject }),
    });
  }

  async #handle({ subject, body }: Delivery): Promise<void> {
    // The subject names the sender: the credential of an agent allows it no other subject.
    const agent = agentOfSubject(subject);
    const event = eventOf(subject);
    const writes: Writes = [];
    const receivedAt = Date.now();
    try {
      if (agent === undefined) throw new ContractError(`no agent in subject ${subject}`);
      if (event === 'node-registered') await this.#registered(agent, this.#parse(agent, event, body), writes);
      else if (event === 'pod-status') await this.#reported(agent, this.#parse(agent, event, body), writes);
      else throw new ContractError(`unknown report ${subject}`);
    } catch (err) {
      if (!(err instanceof ContractError)) throw err;
      // The same message would fail again, so it is acknowledged and not delivered again.
      this.#refusals.note(agent ?? '', 'contract', { err, subject });
      if (agent !== undefined) this.#receipts.refused(agent, body);
    } finally {
      // Also what was written before another part of the message failed.
      void this.#options.audit?.record(agent ?? '', subject, receivedAt, writes);
    }
  }

  #parse<N extends 'node-registered' | 'pod-status'>(agent: string, event: N, body: string) {
    const { report, refused } = parseReport(event, body);
    for (const err of refused) this.#refusals.note(agent, 'contract', { err });
    return report;
  }

  async #registered(agent: string, report: NodeRegistered, writes: Writes): Promise<void> {
    const { incarnation, message } = report;
    if (!(await this.#speaks(agent, incarnation))) return;
    const isDone = await this.#registrations.register(agent, report, writes);
    if (isDone) this.#receipts.stored(agent, incarnation, message);
  }

  async #reported(agent: string, report: PodStatusReported, writes: Writes): Promise<void> {
    const { incarnation, message, pods } = report;
    if (!(await this.#speaks(agent, incarnation))) return;
    const blocked = await this.#pods.write(agent, pods, incarnation, writes);
    // Blocked by a later process of this agent, or by what a former host of the node has reported.
    if (blocked.size > 0) {
      await this.#options.incarnations.refresh(agent);
      if (!(await this.#speaks(agent, incarnation))) return;
      await this.#pods.write(agent, [...blocked.keys()], incarnation, writes, blocked);
    }
    this.#receipts.stored(agent, incarnation, message);
  }

  /**
   * False for a process that does not speak for the agent's nodes: a later one does, and the earlier one learns of it,
   * or its incarnation was never handed out.
   */
  async #speaks(agent: string, incarnation: number): Promise<boolean> {
    const latest = await this.#options.incarnations.latest(agent, incarnation);
    if (latest === incarnation) return true;
    if (latest > incarnation) {
      this.#refusals.note(agent, 'superseded', { incarnation, latest });
      this.#receipts.superseded(agent, latest);
    } else this.#refusals.note(agent, 'ahead', { incarnation, latest });
    return false;
  }
}

const eventOf = (subject: string): string | undefined => subject.split('.').at(-1);
