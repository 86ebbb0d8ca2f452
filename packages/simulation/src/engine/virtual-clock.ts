import type { Clock } from '@everynode/pod-runtime';
import TinyQueue from 'tinyqueue';

interface Entry {
  atMs: number;
  /** Of two events of one time, the one that was asked for first happens first. */
  order: number;
  run: (() => void) | undefined;
}

/** Time that passes from event to event. What happens, and in which order, depends on nothing else. */
export class VirtualClock implements Clock {
  readonly #queue = new TinyQueue<Entry>([], (a, b) => a.atMs - b.atMs || a.order - b.order);
  #nowMs = 0;
  #order = 0;

  /** `beginMs` is what the wall clock shows at first, in ms since 1970. */
  constructor(readonly beginMs: number) {}

  /** Ms since the simulation began. */
  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return this.beginMs + this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    this.#order += 1;
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order, run };
    this.#queue.push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets time pass until `isDone` says so after an event, at most until `untilMs`. */
  run(untilMs: number, isDone: () => boolean = () => false): void {
    for (;;) {
      if (isDone()) return;
      const next = this.#queue.peek();
      if (!next || next.atMs > untilMs) break;
      this.#queue.pop();
      if (!next.run) continue;
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}
