import { setImmediate as nextTurn } from 'node:timers/promises';
import { reportOrder } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import type { PodReport } from '@everynode/pod-runtime';
import { type BackoffOptions, backoffMs, type Logger, pause } from '@everynode/service-shell';
import { LRUCache } from 'lru-cache';
import type { Loss, SentMessages } from '../reports/sent-messages.js';
import { MAX_ITEMS, nextItems, type PodIdentity, type SentEntry, type StatusEntry } from './status-message.js';

interface StatusOutboxOptions {
  incarnation: number;
  /** Numbers the messages, and knows which of them the store has. */
  messages: SentMessages;
  /** Sends one message; resolves when the bus has it. */
  publish: (body: string) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/** Events of one pod between two messages; older ones are left out. */
const MAX_EVENTS = 50;
/** Messages on their way to the bus at once: the round trips overlap, and a slow bus holds no more than these. */
const MAX_IN_FLIGHT = 4;
/** Messages that the store has not acknowledged. Above that reports wait, and what they say adds up. */
const MAX_UNACKNOWLEDGED = 64;
/** While reports keep coming, this long is waited between two messages so that many travel together, in ms. */
const GATHER_MS = 10;
/** Pods without an entry whose last sequence is remembered: a later report has to have a higher one. */
const MAX_SEQUENCES = 20_000;
const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 3000 };

/** Where the report on a pod is; see {@link StatusOutbox}. */
export type ReportMode = 'unknown' | 'waiting' | 'sent' | 'acknowledged';

/**
 * Sends the latest report of each pod, many in one message, and again until the store has acknowledged it: the bus may
 * lose what it has accepted. A pod that changes faster than messages are taken is reported as it is at the time of the
 * message; its events add up. Memory is bounded by the number of pods.
 *
 * The report on a pod, known by its uid, is in one of four modes:
 *
 * - `unknown`: nothing is kept of the pod but the sequence of its last report.
 * - `waiting`: a report is to be sent with the next message.
 * - `sent`: the report is in a message that the store has not acknowledged.
 * - `acknowledged`: the store has the report. It is kept, because a store that is restored from a copy may lack it.
 *
 * What an event does (status-outbox-transitions.test.ts holds each cell). "Its message" is the last one that has the
 * report; a report that is sent again unchanged keeps its sequence, so that the store takes it once.
 *
 * | event                 | unknown   | waiting             | sent                                     | acknowledged |
 * | --------------------- | --------- | ------------------- | ---------------------------------------- | ------------ |
 * | reported              | → waiting | – (replaces it)     | → waiting                                | → waiting    |
 * | message is built      | –         | → sent              | –                                        | –            |
 * | message failed        | –         | – (events added)    | → waiting, with its events               | –            |
 * | its message is stored | –         | –                   | → acknowledged; unknown if the pod's end | –            |
 * | its message is lost   | –         | – (events added)    | → waiting, with its events               | –            |
 * | listed with another   | –         | –                   | –                                        | → waiting    |
 * | forget                | –         | → unknown           | → unknown                                | → unknown    |
 */
export class StatusOutbox {
  readonly #options: StatusOutboxOptions;
  readonly #entries = new Map<string, StatusEntry>();
  /** Uids of the entries that wait, in the order in which they came. */
  readonly #waiting = new Set<string>();
  readonly #lastSequences = new LRUCache<string, number>({ max: MAX_SEQUENCES });
  readonly #inFlight = new Set<Promise<void>>();
  #failures = 0;
  #unacknowledged = 0;
  #sending: Promise<void> | undefined;

  constructor(options: StatusOutboxOptions) {
    this.#options = options;
  }

  /** Number of pods whose report waits. */
  get waiting(): number {
    return this.#waiting.size;
  }

  modeOf(uid: string): ReportMode {
    if (this.#waiting.has(uid)) return 'waiting';
    const entry = this.#entries.get(uid);
    if (!entry) return 'unknown';
    return entry.message === undefined ? 'acknowledged' : 'sent';
  }

  /** Sends what a runtime reports on a pod. */
  add({ metadata, spec }: AssignedPod, { status, stopped, events }: PodReport): void {
    const { namespace, name, uid } = metadata;
    const entry = this.#entryOf({ namespace, name, uid, node: spec.nodeName });
    entry.status = status;
    entry.stopped = stopped;
    if (events.length > 0) entry.events = [...entry.events, ...events].slice(-MAX_EVENTS);
    this.#onChanged(entry);
  }

  /** Reports that nothing runs of a pod. The report carries a status only if one is still kept. */
  addStopped({ namespace, name, uid, node }: PodIdentity): void {
    const entry = this.#entryOf({ namespace, name, uid, node });
    entry.stopped = true;
    this.#onChanged(entry);
  }

  /**
   * Sends again what a list shows that the store lacks. `reported` is the order of the last report that it has: an
   * older one of this process, or one of another process that hosted the pod's node for a while.
   */
  onListed(pods: readonly { uid: string; reported: number }[]): void {
    for (const { uid, reported } of pods) {
      const entry = this.#entries.get(uid);
      if (entry && this.modeOf(uid) === 'acknowledged') {
        if (reportOrder(this.#options.incarnation, entry.sequence) !== reported) this.#enqueue(uid);
      }
    }
  }

  /** Drops what waits of a pod that is gone, or is another agent's now. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#drop(entry);
    this.#waiting.delete(uid);
  }

  /** Resolves when no message is on its way to the bus and none may be sent, or when the signal aborts. */
  async flushed(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  #entryOf(identity: PodIdentity): StatusEntry {
    let entry = this.#entries.get(identity.uid);
    if (!entry) {
      const sequence = this.#lastSequences.get(identity.uid) ?? 0;
      const nothing = { status: undefined, stopped: false, events: [], changed: false, message: undefined, losses: 0 };
      entry = { identity, sequence, ...nothing };
      this.#entries.set(identity.uid, entry);
    }
    return entry;
  }

  #drop({ identity, sequence }: StatusEntry): void {
    this.#entries.delete(identity.uid);
    this.#lastSequences.set(identity.uid, sequence);
  }

  #onChanged(entry: StatusEntry): void {
    entry.changed = true;
    this.#enqueue(entry.identity.uid);
  }

  #enqueue(uid: string): void {
    this.#waiting.add(uid);
    this.#sending ??= this.#send();
  }

  get #maySend(): boolean {
    return this.#waiting.size > 0 && this.#unacknowledged < MAX_UNACKNOWLEDGED;
  }

  async #send(): Promise<void> {
    const { signal } = this.#options;
    // What one command, or one moment, brings about is sent together.
    await nextTurn();
    while (!signal.aborted && (this.#maySend || this.#inFlight.size > 0)) {
      if (!this.#maySend || this.#inFlight.size >= MAX_IN_FLIGHT) {
        await Promise.race(this.#inFlight);
        continue;
      }
      if (this.#failures > 0) {
        await pause(backoffMs(this.#failures, BACKOFF), signal);
        if (signal.aborted) break;
      }
      const published: Promise<void> = this.#sendNext().finally(() => this.#inFlight.delete(published));
      this.#inFlight.add(published);
      // After a failure, one message at a time finds out whether the bus is back.
      if (this.#failures > 0) await published;
      else if (this.#waiting.size < MAX_ITEMS) await pause(GATHER_MS, signal);
    }
    this.#sending = undefined;
  }

  async #sendNext(): Promise<void> {
    const { incarnation, messages, publish } = this.#options;
    const { sent, items } = nextItems(this.#waiting, this.#entries);
    if (sent.length === 0) return;
    const losses = Math.max(...sent.map(({ entry }) => entry.losses));
    const outcome = {
      onStored: () => this.#onStored(number, sent),
      onLost: (loss: Loss) => this.#onLost(number, sent, loss),
    };
    const number = messages.add(outcome, losses);
    this.#unacknowledged += 1;
    for (const { entry } of sent) entry.message = number;
    try {
      await publish(`{"incarnation":${incarnation},"message":${number},"pods":[${items.join(',')}]}`);
      this.#failures = 0;
      messages.accepted(number);
    } catch (err) {
      this.#onFailed(number, sent, err);
    }
  }

  #onStored(number: number, sent: readonly SentEntry[]): void {
    for (const { entry } of this.#latestIn(number, sent)) {
      entry.message = undefined;
      entry.losses = 0;
      // No report follows that of a stop; without this, the outbox would keep every pod that ever ran.
      if (entry.stopped && !this.#waiting.has(entry.identity.uid)) this.#drop(entry);
    }
    this.#onAnswered();
  }

  /** The store may not have a message. Reports that a later message has too are that one's to lose. */
  #onLost(number: number, sent: readonly SentEntry[], loss: Loss): void {
    for (const { entry, events } of this.#latestIn(number, sent)) {
      if (loss === 'overtaken') entry.losses += 1;
      this.#sendAgain(entry, events);
    }
    this.#onAnswered();
  }

  #onFailed(number: number, sent: readonly SentEntry[], err: unknown): void {
    this.#failures += 1;
    this.#options.log.warn(
      { err, failures: this.#failures, waiting: this.#waiting.size },
      'pod statuses could not be sent',
    );
    // The store may have had a message all the same, and have acknowledged it.
    if (!this.#options.messages.withdraw(number)) return;
    for (const { entry, events } of sent) {
      if (this.#entries.get(entry.identity.uid) === entry) this.#sendAgain(entry, events);
    }
    this.#onAnswered();
  }

  #latestIn(number: number, sent: readonly SentEntry[]): SentEntry[] {
    return sent.filter(({ entry }) => entry.message === number && this.#entries.get(entry.identity.uid) === entry);
  }

  #sendAgain(entry: StatusEntry, events: SentEntry['events']): void {
    entry.events = [...events, ...entry.events].slice(-MAX_EVENTS);
    this.#enqueue(entry.identity.uid);
  }

  #onAnswered(): void {
    this.#unacknowledged -= 1;
    if (this.#maySend) this.#sending ??= this.#send();
  }
}
