import { StoreUnavailableError } from '../errors.js';
import type { ObjectKey } from '../write.js';
import type { QueuedWrite } from './queued-write.js';

export const MAX_BATCH = 500;
const MAX_WAITING = 100_000;
/** A write that cannot be started in this time is refused, so that its client does not wait for ever. */
const MAX_WAIT_MS = 10_000;

/**
 * A batch has each of these once. Of the quotas of a namespace it has one: a write of a quota may be charged to the
 * others.
 */
const batchKeyOf = ({ resource, namespace, name }: ObjectKey): string =>
  resource === 'resourcequotas' ? `${resource}/${namespace}` : `${resource}/${namespace}/${name}`;

/** Writes that wait for a batch. Background writes wait behind all others. */
export class WriteQueue {
  #urgent: QueuedWrite[] = [];
  #background: QueuedWrite[] = [];
  /** Parts of batches that Postgres refused, the next one last. Each is a batch of its own. */
  #parts: QueuedWrite[][] = [];
  #urgentAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    const apart = this.#parts.reduce((sum, part) => sum + part.length, 0);
    return this.#urgent.length + this.#background.length + apart;
  }

  /** Time since the last write that is not in the background was asked for, in ms. */
  get quietMs(): number {
    return performance.now() - this.#urgentAt;
  }

  /** Notes that a write is asked for. Returns false when as many wait as may. */
  hasRoomFor(isBackground: boolean): boolean {
    if (!isBackground) this.#urgentAt = performance.now();
    return (isBackground ? this.#background : this.#urgent).length < MAX_WAITING;
  }

  add(write: QueuedWrite): void {
    (write.isBackground ? this.#background : this.#urgent).push(write);
  }

  /**
   * Removes up to `limit` writes, each key at most once: a second write of an object sees the first one committed. A
   * part of a batch that was halved comes first, and alone.
   */
  dequeueBatch(limit: number): QueuedWrite[] {
    const part = this.#parts.pop();
    if (part) return part;
    const batch: QueuedWrite[] = [];
    const keys = new Set<string>();
    const dequeue = (queue: QueuedWrite[]): QueuedWrite[] => {
      const left: QueuedWrite[] = [];
      let i = 0;
      for (; i < queue.length && batch.length < limit; i += 1) {
        const write = queue[i] as QueuedWrite;
        const key = batchKeyOf(write.key);
        if (keys.has(key)) {
          left.push(write);
          continue;
        }
        keys.add(key);
        batch.push(write);
      }
      return i < queue.length ? left.concat(queue.slice(i)) : left;
    };
    this.#urgent = dequeue(this.#urgent);
    this.#background = dequeue(this.#background);
    return inTurn(batch);
  }

  /** Puts writes of a batch back, before all others of their urgency. */
  putBack(writes: readonly QueuedWrite[]): void {
    this.#urgent = [...writes.filter(({ isBackground }) => !isBackground), ...this.#urgent];
    this.#background = [...writes.filter(({ isBackground }) => isBackground), ...this.#background];
  }

  /** Puts the writes of a batch back in two halves, before all others: one of them is at fault. */
  putBackInHalves(writes: readonly QueuedWrite[]): void {
    const middle = Math.ceil(writes.length / 2);
    this.#parts.push(writes.slice(middle), writes.slice(0, middle));
  }

  /** Refuses all writes that wait. */
  refuseAll(error: unknown): void {
    for (const write of [...this.#parts.flat(), ...this.#urgent, ...this.#background]) write.reject(error);
    this.#parts = [];
    this.#urgent = [];
    this.#background = [];
  }

  /** Refuses the writes that have waited too long. */
  refuseStale(): void {
    const oldest = performance.now() - MAX_WAIT_MS;
    const isFresh = (write: QueuedWrite): boolean => {
      if (write.since > oldest) return true;
      write.reject(new StoreUnavailableError(false, 'waited too long'));
      return false;
    };
    this.#urgent = this.#urgent.filter(isFresh);
    this.#background = this.#background.filter(isFresh);
  }
}

/** The writes of a batch in turn by flow, those of each in their order. */
function inTurn(batch: QueuedWrite[]): QueuedWrite[] {
  const first = batch[0]?.flow;
  if (batch.every(({ flow }) => flow === first)) return batch;
  const flows = new Map<string | undefined, QueuedWrite[]>();
  for (const write of batch) {
    const own = flows.get(write.flow);
    if (own) own.push(write);
    else flows.set(write.flow, [write]);
  }
  const ordered: QueuedWrite[] = [];
  for (let at = 0; ordered.length < batch.length; at += 1) {
    for (const own of flows.values()) if (at < own.length) ordered.push(own[at] as QueuedWrite);
  }
  return ordered;
}
