import type { PodStatusItem, PodStatusReported } from '@everynode/contract';
import { type BackoffOptions, backoffMs, type Logger, pause } from '@everynode/service-shell';
import type { AssignedPod, PodReport } from './runtime/runtime.js';

export interface StatusOutboxOptions {
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  /** Stores one message; resolves when the bus has it. */
  publish: (body: string) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

const MAX_ITEMS = 500;
const MAX_BODY = 500_000;
const MAX_EVENTS = 50;
/** Reports that come close together travel in one message, in ms. */
const GATHER_MS = 5;
const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 3000 };

interface Waiting {
  pod: AssignedPod;
  report: PodReport;
}

/**
 * What is to be reported, the latest for each pod. A pod that changes faster than the bus takes reports is reported as it
 * is then; its events add up. A message that the bus does not take is put back under what has come since.
 */
export class StatusOutbox {
  readonly #options: StatusOutboxOptions;
  #waiting = new Map<string, Waiting>();
  readonly #sequences = new Map<string, number>();
  #sending: Promise<void> | undefined;

  constructor(options: StatusOutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(pod: AssignedPod, report: PodReport): void {
    this.#put(pod, report);
    this.#sending ??= this.#send();
  }

  #put(pod: AssignedPod, report: PodReport): void {
    const { uid } = pod.metadata;
    const earlier = this.#waiting.get(uid);
    const events = earlier ? [...earlier.report.events, ...report.events].slice(-MAX_EVENTS) : report.events;
    this.#waiting.set(uid, { pod, report: { ...report, events } });
  }

  /** Resolves when everything that waits is sent. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { log, publish, signal } = this.#options;
    await pause(GATHER_MS);
    for (let failures = 0; this.#waiting.size > 0 && !signal.aborted; ) {
      const { batch, body } = this.#takeBatch();
      try {
        await publish(body);
        failures = 0;
        for (const { pod, report } of batch) if (report.stopped) this.#sequences.delete(pod.metadata.uid);
      } catch (error) {
        failures += 1;
        log.warn(
          { err: error, failures, waiting: this.#waiting.size + batch.length },
          'pod statuses could not be sent',
        );
        this.#putBack(batch);
        await pause(backoffMs(failures, BACKOFF), signal);
      }
    }
    this.#sending = undefined;
  }

  #takeBatch(): { batch: Waiting[]; body: string } {
    const batch: Waiting[] = [];
    const items: string[] = [];
    let size = 0;
    for (const [uid, waiting] of this.#waiting) {
      if (batch.length >= MAX_ITEMS || size > MAX_BODY) break;
      const item = JSON.stringify(this.#itemFor(waiting));
      this.#waiting.delete(uid);
      batch.push(waiting);
      items.push(item);
      size += item.length;
    }
    const { incarnation } = this.#options;
    return {
      batch,
      body: `{"incarnation":${incarnation satisfies PodStatusReported['incarnation']},"pods":[${items.join(',')}]}`,
    };
  }

  #itemFor({ pod, report }: Waiting): PodStatusItem {
    const { namespace, name, uid } = pod.metadata;
    const sequence = (this.#sequences.get(uid) ?? 0) + 1;
    this.#sequences.set(uid, sequence);
    return {
      namespace,
      name,
      uid,
      node: pod.spec.nodeName,
      sequence,
      status: report.status as Record<string, unknown>,
      ...(report.stopped && { stopped: true }),
      ...(report.events.length > 0 && { events: report.events }),
    };
  }

  #putBack(batch: Waiting[]): void {
    const newer = this.#waiting;
    this.#waiting = new Map();
    for (const { pod, report } of batch) this.#put(pod, report);
    for (const { pod, report } of newer.values()) this.#put(pod, report);
  }
}
