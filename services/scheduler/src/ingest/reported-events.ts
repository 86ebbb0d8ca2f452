import { type PodStatusItem, reportOrder } from '@everynode/contract';
import { wellFormed } from '@everynode/objects';
import { LRUCache } from 'lru-cache';
import type { EventRecorder } from '../events/event-recorder.js';

/** Pods whose last events are remembered. A report that changes a status is remembered with the pod, in the store. */
const MAX_PODS = 50_000;

/**
 * Records the events of reports, each once: reports come again when an acknowledgement is late or lost. An event counts
 * when the report that had it first is newer than the last report that was stored, and than the last one with events
 * here.
 */
export class ReportedEvents {
  readonly #recorder: EventRecorder;
  /** By pod and incarnation: where a node goes to another agent, reports of the two are not in one order. */
  readonly #last = new LRUCache<string, number>({ max: MAX_PODS });

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  /** `stored` is the order of the last report on the pod before this one. */
  record(item: PodStatusItem, incarnation: number, stored: number): void {
    if (!item.events?.length) return;
    const key = `${item.uid} ${incarnation}`;
    const known = Math.max(stored, this.#last.get(key) ?? 0);
    for (const { type, reason, message, fieldPath, at, sequence = item.sequence } of item.events) {
      if (reportOrder(incarnation, sequence) <= known) continue;
      this.#recorder.record({
        subject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: item.namespace,
          name: item.name,
          uid: item.uid,
          ...(fieldPath !== undefined && { fieldPath: storable(fieldPath) }),
        },
        type,
        reason: storable(reason),
        message: storable(message),
        component: 'kubelet',
        host: item.node,
        atMs: timeOf(at, Date.now()),
      });
    }
    this.#last.set(key, Math.max(known, reportOrder(incarnation, item.sequence)));
  }
}

/** Text that Postgres can hold: without U+0000 and halves of surrogate pairs. */
const storable = (text: string): string => wellFormed(text).replaceAll('\0', '\uFFFD');

/** When it happened, ms since 1970. An agent's clock may be wrong: it is not believed beyond `now`, nor before 1970. */
const timeOf = (at: string, now: number): number => Math.min(now, Math.max(0, Date.parse(at) || now));
