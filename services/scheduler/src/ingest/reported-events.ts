import { type PodEvent, reportOrder } from '@everynode/contract';
import { wellFormed } from '@everynode/objects';
import { LRUCache } from 'lru-cache';
import type { EventRecorder, EventSubject } from '../events/event-recorder.js';

/** Objects whose last events are remembered. A report that changes a status is remembered with it, in the store. */
const MAX_OBJECTS = 50_000;

/** What a report says of one object. `sequence` is that of the report. */
interface EventReport {
  subject: EventSubject;
  /** The node of the agent. */
  host: string;
  events: readonly PodEvent[] | undefined;
  sequence: number;
}

/**
 * Records the events of reports, each once: reports come again when an acknowledgement is late or lost. An event counts
 * when the report that had it first is newer than the last report that was stored, and than the last one with events
 * here.
 */
export class ReportedEvents {
  readonly #recorder: EventRecorder;
  /** By object and incarnation: where a node goes to another agent, reports of the two are not in one order. */
  readonly #last = new LRUCache<string, number>({ max: MAX_OBJECTS });

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  /** `stored` is the order of the last report on the object before this one. */
  record({ subject, host, events, sequence: own }: EventReport, incarnation: number, stored: number): void {
    if (!events?.length) return;
    const key = `${subject.uid} ${incarnation}`;
    const known = Math.max(stored, this.#last.get(key) ?? 0);
    for (const { type, reason, message, fieldPath, at, sequence = own } of events) {
      if (reportOrder(incarnation, sequence) <= known) continue;
      this.#recorder.record({
        subject: { ...subject, ...(fieldPath !== undefined && { fieldPath: storable(fieldPath) }) },
        type,
        reason: storable(reason),
        message: storable(message),
        component: 'kubelet',
        host,
        atMs: timeOf(at, Date.now()),
      });
    }
    this.#last.set(key, Math.max(known, reportOrder(incarnation, own)));
  }
}

/** Text that Postgres can hold: without U+0000 and halves of surrogate pairs. */
const storable = (text: string): string => wellFormed(text).replaceAll('\0', '\uFFFD');

/** When it happened, ms since 1970. An agent's clock may be wrong: it is not believed beyond `now`, nor before 1970. */
const timeOf = (at: string, now: number): number => Math.min(now, Math.max(0, Date.parse(at) || now));
