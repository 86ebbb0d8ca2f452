import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BackoffOptions, backoffMs, type Logger, pause } from '@everynode/service-shell';
import { LRUCache } from 'lru-cache';
import type { AssignedPod, PodReport } from '../runtime/runtime.js';
import { MAX_ITEMS, nextMessage, type PodIdentity, type StatusEntry, type StatusMessage } from './status-message.js';

interface StatusOutboxOptions {
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  /** Stores one message; resolves when the bus has it. */
  publish: (body: string) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/** Events of one pod between two messages; older ones are left out. */
const MAX_EVENTS = 50;
/** Messages on their way at once: the round trips overlap, and a bus that is slow holds no more than these. */
const MAX_IN_FLIGHT = 4;
/** While reports keep coming, this long is waited between two messages so that many travel together, in ms. */
const GATHER_MS = 10;
/** Pods without an entry whose last sequence is remembered: a later report has to have a higher one. */
const MAX_SEQUENCES = 20_000;
const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 3000 };

/** Where the report on a pod is; see {@link StatusOutbox}. */
export type ReportMode = 'unknown' | 'waiting' | 'sent';

/**
 * Sends the latest report of each pod, many in one message. A pod that changes faster than the bus accepts messages is
 * reported as it is at the time of the message; its events add up. The bus may lose messages that it has accepted,
 * before a scheduler has read them: {@link repeatAll} sends everything again. Memory is bounded by the number of pods.
 *
 * The report on a pod, known by its uid, is in one of three modes:
 *
 * - `unknown`: nothing is kept of the pod but the sequence of its last report.
 * - `waiting`: a report is to be sent with the next message.
 * - `sent`: the report is in a message that is on its way, or that the bus has accepted.
 *
 * What an event does (status-outbox-transitions.test.ts holds each cell):
 *
 * | event             | unknown   | waiting            | sent                                        |
 * | ----------------- | --------- | ------------------ | ------------------------------------------- |
 * | reported          | → waiting | – (replaces it)    | → waiting                                   |
 * | repeatAll         | –         | –                  | → waiting                                   |
 * | message is built  | –         | → sent, sequence+1 | –                                           |
 * | message accepted  | –         | –                  | → unknown if it was the pod's end, else –   |
 * | message failed    | –         | – (events added)   | → waiting, with its events                  |
 * | forget            | –         | → unknown          | → unknown                                   |
 */
export class StatusOutbox {
  readonly #options: StatusOutboxOptions;
  readonly #entries = new Map<string, StatusEntry>();
  /** Uids of the entries that wait, in the order in which they came. */
  readonly #waiting = new Set<string>();
  readonly #lastSequences = new LRUCache<string, number>({ max: MAX_SEQUENCES });
  readonly #inFlight = new Set<Promise<void>>();
  #failures = 0;
  #sending: Promise<void> | undefined;

  constructor(options: StatusOutboxOptions) {
    this.#options = options;
  }

  /** Number of pods whose report waits. */
  get waiting(): number {
    return this.#waiting.size;
  }

  modeOf(uid: string): ReportMode {
    return this.#waiting.has(uid) ? 'waiting' : this.#entries.has(uid) ? 'sent' : 'unknown';
  }

  /** Sends what a runtime reports on a pod. */
  add({ metadata, spec }: AssignedPod, { status, stopped, events }: PodReport): void {
    const { namespace, name, uid } = metadata;
    const entry = this.#entryOf({ namespace, name, uid, node: spec.nodeName });
    entry.status = status;
    entry.stopped = stopped;
    if (events.length > 0) entry.events = [...entry.events, ...events].slice(-MAX_EVENTS);
    this.#enqueue(uid);
  }

  /** Reports that nothing runs of a pod. The report carries a status only if one is still kept. */
  addStopped(identity: PodIdentity): void {
    this.#entryOf(identity).stopped = true;
    this.#enqueue(identity.uid);
  }

  /** Sends the latest report of every pod again. */
  repeatAll(): void {
    for (const uid of this.#entries.keys()) this.#waiting.add(uid);
    if (this.#waiting.size > 0) this.#sending ??= this.#send();
  }

  /** Drops what waits of a pod that is gone, or is another agent's now. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#drop(entry, entry.sequence);
    this.#waiting.delete(uid);
  }

  /** Resolves when nothing waits and no message is on its way, or when the signal aborts. */
  async flushed(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  #entryOf(identity: PodIdentity): StatusEntry {
    let entry = this.#entries.get(identity.uid);
    if (!entry) {
      const sequence = this.#lastSequences.get(identity.uid) ?? 0;
      entry = { identity, status: undefined, stopped: false, sequence, events: [] };
      this.#entries.set(identity.uid, entry);
    }
    return entry;
  }

  #drop({ identity }: StatusEntry, sequence: number): void {
    this.#entries.delete(identity.uid);
    this.#lastSequences.set(identity.uid, sequence);
  }

  #enqueue(uid: string): void {
    this.#waiting.add(uid);
    this.#sending ??= this.#send();
  }

  async #send(): Promise<void> {
    const { incarnation, signal } = this.#options;
    // What one command, or one moment, brings about is sent together.
    await nextTurn();
    while (!signal.aborted && (this.#waiting.size > 0 || this.#inFlight.size > 0)) {
      if (this.#waiting.size === 0 || this.#inFlight.size >= MAX_IN_FLIGHT) {
        await Promise.race(this.#inFlight);
        continue;
      }
      if (this.#failures > 0) {
        await pause(backoffMs(this.#failures, BACKOFF), signal);
        if (signal.aborted) break;
      }
      const message = nextMessage(incarnation, this.#waiting, this.#entries);
      const published: Promise<void> = this.#publish(message).finally(() => this.#inFlight.delete(published));
      this.#inFlight.add(published);
      // After a failure, one message at a time finds out whether the bus is back.
      if (this.#failures > 0) await published;
      else if (this.#waiting.size < MAX_ITEMS) await pause(GATHER_MS, signal);
    }
    this.#sending = undefined;
  }

  async #publish(message: StatusMessage): Promise<void> {
    try {
      await this.#options.publish(message.body);
      this.#onAccepted(message);
    } catch (err) {
      this.#onFailed(message, err);
    }
  }

  #onAccepted({ sent }: StatusMessage): void {
    this.#failures = 0;
    for (const { entry, sequence } of sent) {
      const { uid } = entry.identity;
      // No report follows that of a stop; without this, the outbox would keep every pod that ever ran.
      const isLast = entry.stopped && entry.sequence === sequence && !this.#waiting.has(uid);
      if (isLast && this.#entries.get(uid) === entry) this.#drop(entry, sequence);
    }
  }

  #onFailed({ sent }: StatusMessage, err: unknown): void {
    this.#failures += 1;
    for (const { entry, events } of sent) {
      const { uid } = entry.identity;
      if (this.#entries.get(uid) !== entry) continue;
      entry.events = [...events, ...entry.events].slice(-MAX_EVENTS);
      this.#waiting.add(uid);
    }
    this.#options.log.warn(
      { err, failures: this.#failures, waiting: this.#waiting.size },
      'pod statuses could not be sent',
    );
  }
}
